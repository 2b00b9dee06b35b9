import { describe, expect, test } from 'vitest';
import { UsageError } from '../../src/protocol/errors.ts';
import { verifyNames, verifyObject } from '../../src/transport/option-names.ts';

const KNOWN = { maxMessageBytes: true, path: true } as const;
const HINTS = { port: 'pass the port to listen(port)' };

function errorFor(given: unknown): unknown {
  try {
    verifyNames('option', given as object, KNOWN as object, HINTS);
    return undefined;
  } catch (error) {
    return error;
  }
}

describe('names', () => {
  test.each([{}, { path: '/' }, { path: undefined, port: undefined, anything: undefined }])(
    '%o are right',
    (given) => expect(errorFor(given)).toBeUndefined(),
  );

  test.each([
    [{ path: '/', maxMessageByte: 1 }, 'there is no option maxMessageByte; did you mean maxMessageBytes?'],
    [{ MAXMESSAGEBYTES: 1 }, 'there is no option MAXMESSAGEBYTES; did you mean maxMessageBytes?'],
    [{ maxMesageByets: 1 }, 'there is no option maxMesageByets; did you mean maxMessageBytes?'],
    [{ paht: '/' }, 'there is no option paht; did you mean path?'],
    [{ aPath: '/' }, 'there is no option aPath; did you mean path?'],
    [{ port: 8080 }, 'there is no option port: pass the port to listen(port)'],
    [{ backlog: 5 }, 'there is no option backlog; there are maxMessageBytes, path'],
    [{ constructor: 5 }, 'there is no option constructor; there are maxMessageBytes, path'],
    [null, 'options must be an object, got null'],
    [[], 'options must be an object, got an array'],
    [() => {}, 'options must be an object, got a function'],
    [8080, 'options must be an object, got a number'],
  ])('%o are not', (given, message) => expect(errorFor(given)).toEqual(new UsageError(message)));
});

test('an object is neither null, an array nor a function', () => {
  expect(() => verifyObject('handlers', Object.create(null))).not.toThrow();
  expect(() => verifyObject('handlers', null as never)).toThrow(
    new UsageError('handlers must be an object, got null'),
  );
});
