/** Appends to the log in SQLite without end, and writes a line for each answer: `ack WRITER N SEQ`, or `refused`. */
import { openSqliteLog } from '../../../dist/chat/log/sqlite-log.js';

const [folder = '', round = '', limit = '1e9'] = process.argv.slice(2);
/** @type {import('../../../dist/chat/log/room-log.js').RoomLog} */
const log = /** @type {any} */ (await openSqliteLog({ folder }));

/** @param {number} writer */
async function write(writer) {
  for (let n = 1; n <= Number(limit); n++) {
    const id = `${round}-${writer}-${n}`;
    try {
      const { seq } = await log.append('room', {
        id,
        author: { id: 'a', name: 'A' },
        kind: 'text',
        text: `${id} ${'x'.repeat(200)}`,
      });
      process.stdout.write(`ack ${id} ${seq}\n`);
    } catch (error) {
      process.stdout.write(`refused ${error}\n`);
      return;
    }
  }
}

await Promise.all(Array.from({ length: 20 }, (_, writer) => write(writer)));
const { head } = await log.read('room', 1, 1);
process.stdout.write(`head ${head}\n`);
