import { expect, test } from 'vitest';
import { formatBytes, formatDuration, visibleLine, visibleText } from '#lib/inbox/format.ts';

test.each([
  [0, '0 bytes'],
  [1, '1 byte'],
  [1023, '1023 bytes'],
  [1024, '1 KB'],
  [1331, '1.3 KB'],
  [262_144, '256 KB'],
  [1_048_575, '1 MB'],
  [26_214_400, '25 MB']
])('%i bytes are %s', (bytes, text) => {
  expect(formatBytes(bytes)).toBe(text);
});

test.each([
  [0.42, '0.4 ms'],
  [9.99, '10 ms'],
  [412.4, '412 ms'],
  [999.9, '1 s'],
  [1210, '1.2 s'],
  [59_990, '1 min'],
  [125_000, '2 min 5 s'],
  [7_200_000, '2 h'],
  [187_200_000, '2 d 4 h']
])('%f ms are %s', (milliseconds, text) => {
  expect(formatDuration(milliseconds)).toBe(text);
});

test('writes out what cannot be seen or turns text around', () => {
  expect(visibleText('a\u0000b\u001b[31m\u202ecod.exe\ud800\u007f')).toBe('a␀b␛[31m⟨U+202E⟩cod.exe⟨U+D800⟩␡');
  expect(visibleText('é 漢 😀\r\n\tx')).toBe('é 漢 😀\r\n\tx');
  expect(visibleLine('one\r\ntwo\tthree\rfour')).toBe('one␊two␉three␍four');
});
