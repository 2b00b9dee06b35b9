/** Runs one attack, in a process of its own: `node attacker.js PORT NUMBER`. */
import { ATTACKS } from './attacks.js';

const [port = '0', number = '0'] = process.argv.slice(2);
await ATTACKS[Number(number)]?.run(Number(port));
process.send?.('over');
process.disconnect?.();
