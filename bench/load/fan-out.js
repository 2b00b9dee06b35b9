/**
 * A room: in each round one member sends a message, or every member does. The next round begins when all have received
 * everything. The first round compares contents: each member must receive each message once. The other rounds count
 * bytes, or frames if they are compressed.
 */
import { compressedTexts, inflated, text } from './compressed.js';
import { openAll } from './connection.js';
import { clientFrame, frameReader, serverFrame, TEXT } from './frames.js';
import { measureRounds, parameters, tell } from './run.js';

/** @type {import('./run.js').Server & { members: number, talkers: number, bytes: number, isDeflate: boolean, seconds: number }} */
const { port, pid, members, talkers, bytes, isDeflate, seconds } = parameters;

const all = await openAll(port, members, { isDeflate });
const payloads = Array.from({ length: talkers }, (_, number) => Buffer.from(text(number, bytes)));
/** What each talker sends repeatedly. */
const sent = isDeflate
  ? [await compressedTexts(all[0]?.extensions ?? '', bytes)]
  : payloads.map((payload) => [clientFrame(TEXT, payload)]);
const answerBytes = payloads.reduce((sum, payload) => sum + serverFrame(TEXT, payload).length, 0);

let rounds = 0;
/** Members that have not received everything in this round yet. */
let waiting = 0;
let onDone = () => {};

function round() {
  waiting = members;
  const done = new Promise((resolve) => {
    onDone = () => resolve(undefined);
  });
  sent.forEach((frames, talker) => {
    all[talker]?.socket.write(/** @type {Buffer} */ (frames[rounds % frames.length]));
  });
  rounds++;
  return done;
}

function gotAll() {
  if (--waiting === 0) onDone();
}

/** Checks that a member receives every message of this round, in any order. */
function compare(/** @type {import('./connection.js').Connection} */ connection) {
  const expected = new Set(payloads.map(String));
  const read = frameReader((firstByte, payload) => {
    const said = String(inflated(firstByte, payload));
    if (!expected.delete(said)) throw new Error(`an unexpected message: ${said}`);
    if (expected.size === 0) gotAll();
  });
  connection.onBytes = (length, input) => void read(input.subarray(0, length));
}

function count(/** @type {import('./connection.js').Connection} */ connection) {
  const read = frameReader();
  const whole = isDeflate ? talkers : answerBytes;
  let missing = whole;
  connection.onBytes = (length, input) => {
    missing -= isDeflate ? read(input.subarray(0, length)) : length;
    if (missing > 0) return;
    if (missing < 0) throw new Error('more received than was sent');
    missing = whole;
    gotAll();
  };
}

all.forEach(compare);
await round();
all.forEach(count);
tell(await measureRounds(pid, seconds, members * talkers, round));
