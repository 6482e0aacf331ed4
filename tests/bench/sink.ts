// The bare node:http sink that everything is measured against: reads the body, answers 200 with an id, keeps nothing.

import { createServer } from 'node:http';

const server = createServer((request, response) => {
  request.on('data', () => {});
  request.on('end', () => {
    const body = '{"id":"00000000-0000-7000-8000-000000000000"}';
    response.writeHead(200, { 'content-type': 'application/json', 'content-length': body.length });
    response.end(body);
  });
});
server.listen(0, '127.0.0.1', () => console.log(`listening ${JSON.stringify(server.address())}`));
