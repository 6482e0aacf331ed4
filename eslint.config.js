// style.md's limits as rules: `npm run check` fails where the text only asks.

import js from '@eslint/js';
import svelte from 'eslint-plugin-svelte';
import globals from 'globals';
import ts from 'typescript-eslint';
import svelteConfig from './svelte.config.js';

const GENERATED = ['src/lib/server/database/schema.ts'];
/** The only source files that may write `as`: the slot in globalThis and Kit's build come without types. */
const UNTYPED_EDGE = ['src/server.ts'];
/** Run before anything is installed, on whatever Node there is, for a person at a terminal. */
const STARTERS = ['src/start.mjs', 'src/demo.mjs', 'src/install.mjs'];
const DRAWERS = /(^|[-.])(utils?|helpers?|common|misc|services|managers?)$/i;

/** A name that fits everything says nothing. */
const fieldWords = {
  meta: {
    type: 'problem',
    messages: { drawer: '"{{part}}" says nothing about what is inside: use the words of the field.' }
  },
  create: (context) => ({
    Program(node) {
      const path = context.filename.slice(context.cwd.length + 1);
      const part = path.split('/').find((name) => DRAWERS.test(name.replace(/(\.(test|spec|svelte))?\.\w+$/, '')));
      if (part) context.report({ node, messageId: 'drawer', data: { part } });
    }
  })
};

const openingComment = {
  meta: { type: 'problem', messages: { missing: "Say this file's place on the way in its first line." } },
  create: (context) => ({
    Program(node) {
      const first = context.sourceCode.getAllComments()[0];
      if (first?.loc.start.line !== 1) context.report({ loc: { line: 1, column: 0 }, node, messageId: 'missing' });
    }
  })
};

const restrictedImports = {
  paths: [
    { name: '$app/stores', message: 'Use $app/state.' },
    { name: 'process', message: 'Use the global process; its environment is read in config.ts only.' },
    { name: 'node:process', importNames: ['env'], message: 'The environment is read in config.ts only.' }
  ],
  patterns: [
    { regex: String.raw`^\$(lib|env)(/|$)`, message: 'Use #lib/… and config.ts.' },
    { regex: String.raw`^\.\.?/(.*/)?lib/`, message: 'Use #lib/….' },
    {
      regex: String.raw`^(\.\.?|#lib)/(?!.*\$types(\.js)?$)(?!.*\.(ts|js|mjs|json|svelte|css)(\?\w+)?$)`,
      message: 'Write the extension: Node runs these files as they are.'
    }
  ]
};

export default ts.config(
  { ignores: ['build/', 'data/', '.svelte-kit/', '.tmp/', 'test-results/', ...GENERATED] },
  { linterOptions: { reportUnusedDisableDirectives: 'error', noInlineConfig: true } },
  js.configs.recommended,
  ...ts.configs.strictTypeChecked,
  ...svelte.configs.recommended,
  {
    plugins: { holdfast: { rules: { 'field-words': fieldWords, 'opening-comment': openingComment } } },
    languageOptions: {
      globals: globals.node,
      parserOptions: { projectService: true, extraFileExtensions: ['.svelte'], tsconfigRootDir: import.meta.dirname }
    },
    rules: {
      'max-lines': ['error', 250],
      'max-lines-per-function': ['error', { max: 50, skipComments: true, skipBlankLines: true }],
      'max-params': ['error', 3],
      complexity: ['error', 10],
      eqeqeq: ['error', 'always', { null: 'ignore' }],
      'no-restricted-imports': ['error', restrictedImports],
      'holdfast/field-words': 'error'
    }
  },
  {
    files: ['**/*.ts', '**/*.svelte'],
    rules: {
      '@typescript-eslint/consistent-type-assertions': ['error', { assertionStyle: 'never' }],
      '@typescript-eslint/consistent-type-imports': 'error',
      '@typescript-eslint/switch-exhaustiveness-check': ['error', { considerDefaultExhaustiveForUnions: true }],
      // `return refuse(…)` ends a callback early.
      '@typescript-eslint/no-confusing-void-expression': 'off',
      '@typescript-eslint/restrict-template-expressions': ['error', { allowNumber: true, allowBoolean: true }],
      '@typescript-eslint/no-unused-vars': [
        'error',
        { argsIgnorePattern: '^_', varsIgnorePattern: '^_', ignoreRestSiblings: true }
      ],
      // Parts are records of functions, made without classes: there is no this to lose.
      '@typescript-eslint/unbound-method': 'off',
      // An interface may ask for a promise of what is known at once.
      '@typescript-eslint/require-await': 'off'
    }
  },
  {
    files: ['**/*.svelte', '**/*.svelte.ts'],
    languageOptions: { globals: globals.browser, parserOptions: { parser: ts.parser, svelteConfig } },
    rules: {
      // dependency-cruiser reads what Svelte compiles to, where type imports are gone.
      'no-restricted-imports': [
        'error',
        {
          ...restrictedImports,
          patterns: [
            ...restrictedImports.patterns,
            { regex: '^#lib/server/', message: 'A component takes its types from #lib/inbox or ./$types.' }
          ]
        }
      ],
      // svelte-check says the same, and knows the names that Svelte brings.
      'no-undef': 'off',
      'svelte/no-at-html-tags': 'error',
      // A Map that only remembers is no state.
      'svelte/prefer-svelte-reactivity': 'off',
      // Paths are plain: there is no base path to resolve.
      'svelte/no-navigation-without-resolve': 'off'
    }
  },
  {
    files: ['src/**'],
    rules: {
      'no-console': 'error',
      'no-restricted-properties': [
        'error',
        { object: 'process', property: 'env', message: 'The environment is read in config.ts only.' }
      ]
    }
  },
  { files: ['src/**/*.ts', 'src/**/*.mjs'], rules: { 'holdfast/opening-comment': 'error' } },
  { files: ['src/lib/server/config.ts', ...STARTERS], rules: { 'no-restricted-properties': 'off' } },
  // apply(transaction, message, event, prepared) is the contract of a handler.
  { files: ['src/lib/server/deliver/handlers/*.ts'], rules: { 'max-params': ['error', 4] } },
  { files: ['src/server.ts', ...STARTERS], rules: { 'no-console': 'off' } },
  { files: UNTYPED_EDGE, rules: { '@typescript-eslint/consistent-type-assertions': 'off' } },
  {
    files: ['tests/**'],
    rules: {
      'max-lines-per-function': 'off',
      '@typescript-eslint/consistent-type-assertions': 'off',
      '@typescript-eslint/no-non-null-assertion': 'off'
    }
  },
  { files: ['**/*.js', '**/*.mjs'], extends: [ts.configs.disableTypeChecked] }
);
