import { PassThrough } from 'node:stream';
import { deflateRawSync } from 'node:zlib';
import { PerMessageDeflate, Receiver, Sender } from 'barewire/ws';
import { describe, expect, test } from 'vitest';
import * as ws from 'ws';

const theirs = ws as unknown as { Sender: typeof Sender };

/** What a Receiver says of bytes. */
function read(hex: string | Buffer, options: ConstructorParameters<typeof Receiver>[0] = {}): unknown[] {
  const receiver = new Receiver(options);
  const events: unknown[] = [];
  for (const name of ['message', 'ping', 'pong', 'conclude'])
    receiver.on(name, (...values) => events.push([name, ...values]));
  receiver.on('error', ({ code }: Error & { code: string }) => events.push(['error', code]));
  receiver.write(typeof hex === 'string' ? Buffer.from(hex, 'hex') : hex);
  return events;
}

describe('Receiver', () => {
  test('emits messages, control frames and the end', async () => {
    expect(read('810161' + '820162' + '890163' + '8a00' + '880503e8646f6e' + '810161')).toEqual([
      ['message', Buffer.from('a'), false],
      ['message', Buffer.from('b'), true],
      ['ping', Buffer.from('c')],
      ['pong', Buffer.alloc(0)],
      ['conclude', 1000, Buffer.from('don')],
    ]);
    expect(read('8800')).toEqual([['conclude', 1005, Buffer.alloc(0)]]);
    expect(read('820162', { binaryType: 'fragments' })).toEqual([['message', [Buffer.from('b')], true]]);
    expect(read('81810000000061', { isServer: true })).toEqual([['message', Buffer.from('a'), false]]);
  });

  test.each<[string, string, object?]>([
    ['8300', 'WS_ERR_INVALID_OPCODE'],
    ['8205', 'WS_ERR_UNSUPPORTED_MESSAGE_LENGTH', { maxPayload: 4 }],
    ['8101', 'WS_ERR_EXPECTED_MASK', { isServer: true }],
  ])('of %s emits the error %s', async (hex, code, options) => {
    const receiver = new Receiver(options);
    const failed = new Promise((resolve) => receiver.on('error', resolve));
    receiver.write(Buffer.from(hex, 'hex'));
    expect(await failed).toMatchObject({ code });
  });

  test('inflates', () => {
    const deflate = new PerMessageDeflate({ isServer: true });
    deflate.accept([{ client_no_context_takeover: [true] } as never]);
    const payload = deflateRawSync('aaaaaaaaaa', { finishFlush: 2 }).subarray(0, -4);
    const frame = Buffer.concat([Buffer.from([0xc1, 0x80 | payload.length, 0, 0, 0, 0]), payload]);
    const extensions = { 'permessage-deflate': deflate };
    expect(read(frame, { isServer: true, extensions })).toEqual([
      ['message', Buffer.from('aaaaaaaaaa'), false],
    ]);
  });

  test('throws what a listener has thrown, to who writes', () => {
    const receiver = new Receiver();
    receiver.on('message', () => {
      throw new Error('in a listener');
    });
    expect(() => receiver.write(Buffer.from('810161', 'hex'))).toThrow('in a listener');
  });
});

describe('Sender', () => {
  const generateMask = (mask: Buffer) => mask.fill(9);
  const cases = [0, 125, 126, 65_535, 65_536].flatMap((length) =>
    [
      { opcode: 1, fin: true },
      { opcode: 2, fin: false, rsv1: true },
      { opcode: 2, fin: true, mask: true, readOnly: true, generateMask },
      { opcode: 2, fin: true, mask: true, readOnly: false, generateMask },
      { opcode: 2, fin: true, mask: true, readOnly: true, generateMask: (mask: Buffer) => mask.fill(0) },
    ].map((options) => [length, options] as const),
  );
  test.each(cases)('makes frames as ws does: %i bytes, %o', (length, options) => {
    const make = (Class: typeof Sender) =>
      Class.frame(Buffer.alloc(length, 1), options).map((part) => Buffer.from(part));
    expect(Buffer.concat(make(Sender))).toEqual(Buffer.concat(make(theirs.Sender)));
  });

  test('writes on a transport', async () => {
    const transport = new PassThrough();
    let written = '';
    transport.on('data', (bytes: Buffer) => {
      written += bytes.toString('hex');
    });
    const sender = new Sender(transport);
    const called: unknown[] = [];
    const done = (error: unknown) => called.push(error);
    sender.send('a', { fin: false }, done);
    sender.send('b', { fin: true }, done);
    sender.send(Buffer.from('c'), { binary: true }, done);
    sender.ping('d', false, done);
    sender.pong('', false, done);
    sender.close(1000, 'e', false, done);
    sender.close(undefined, undefined, false);
    sender.send(new Blob(['f']), { binary: true }, done);
    await expect.poll(() => called.length).toBe(7);
    await expect
      .poll(() => written)
      .toBe('010161' + '800162' + '820163' + '890164' + '8a00' + '880303e865' + '8800' + '820166');
    written = '';
    expect(new Set(called)).toEqual(new Set([undefined]));
    const masked = new Sender(transport, {}, generateMask);
    masked.send('a', { mask: true });
    await expect.poll(() => written).toBe('818109090909' + '68');
    expect(Sender.frame('a', { opcode: 1, mask: true })[0]).toHaveLength(6);
  });
});
