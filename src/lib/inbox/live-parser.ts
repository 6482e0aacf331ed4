// Server-sent events, as far as our own server writes them: blocks of lines, ended by an empty one.

export interface Block {
  /** Subscriptions that it is for: a comment, `: for a,b`, ahead of the bytes that all readers share. */
  names: string[];
  id: string | null;
  event: string | null;
  data: string | null;
}

/** @returns a function that takes the text as it comes and gives the blocks that are complete */
export function createParser(): (text: string) => Block[] {
  let rest = '';
  return (text) => {
    const blocks = (rest + text).split('\n\n');
    rest = blocks.pop() ?? '';
    return blocks.map(parseBlock);
  };
}

function parseBlock(text: string): Block {
  const block: Block = { names: [], id: null, event: null, data: null };
  for (const line of text.split('\n')) {
    if (line.startsWith(': for ')) block.names = line.slice(6).split(',');
    const colon = line.indexOf(': ');
    const [field, value] = [line.slice(0, colon), line.slice(colon + 2)];
    if (field === 'id' || field === 'event' || field === 'data') block[field] = value;
  }
  return block;
}
