import { extension, PerMessageDeflate, subprotocol } from 'barewire/ws';
import { describe, expect, test } from 'vitest';
import * as ws from 'ws';

const theirs = ws as unknown as {
  extension: typeof extension;
  subprotocol: typeof subprotocol;
  PerMessageDeflate: typeof PerMessageDeflate;
};

/** What a function returns or throws. */
function outcomeOf(run: () => unknown): unknown {
  try {
    return run();
  } catch (error) {
    return `${error}`;
  }
}

describe('headers are read as ws does', () => {
  test.each([
    'foo',
    'foo, bar;a;b=1',
    'foo;a;a=2;a="3", foo',
    'foo; bar\t; \tbaz=1\t ;  bar="1"\t\t, \tqux\t ;norf',
    'foo;bar="b\\a"',
    'foo;constructor, hasOwnProperty',
    '',
    ',',
    ' foo',
    'foo ',
    'foo,,',
    'foo, ',
    'f oo',
    'f@o',
    'foo;',
    'foo;=',
    'foo;a=',
    'foo;a= 1',
    'foo;a =1',
    'foo;a=b c',
    'foo;a=""',
    'foo;a="b',
    'foo;a="1\\',
    'foo;a="b" ',
    'foo;a="b@c"',
    'foo;a=b"c"',
    'foo;"a"',
  ])('extensions: %o', (header) => {
    const got = outcomeOf(() => extension.parse(header));
    expect(got).toEqual(outcomeOf(() => theirs.extension.parse(header)));
    if (typeof got !== 'object') return;
    expect(extension.format(got as never)).toBe(theirs.extension.format(got as never));
  });

  test.each(['a', 'a, b\t,c', '', ',', ' a', 'a ', 'a,,b', 'a, ', 'a b', 'a;b', 'a,b,a'])(
    'subprotocols: %o',
    (header) => {
      expect(outcomeOf(() => subprotocol.parse(header))).toEqual(
        outcomeOf(() => theirs.subprotocol.parse(header)),
      );
    },
  );

  test('one value or a list is formatted', () => {
    expect(extension.format({ foo: { a: 1, b: [true, 2] }, bar: [{}, { c: true }] })).toBe(
      'foo; a=1; b; b=2, bar, bar; c',
    );
  });
});

describe('permessage-deflate is agreed on as by ws', () => {
  const OFFERS = [
    'permessage-deflate',
    'permessage-deflate; client_max_window_bits',
    'permessage-deflate; client_max_window_bits=9; server_max_window_bits=10',
    'permessage-deflate; server_no_context_takeover; client_no_context_takeover',
    'permessage-deflate; server_max_window_bits=12, permessage-deflate',
    'permessage-deflate; server_max_window_bits=8',
    'permessage-deflate; server_max_window_bits=7',
    'permessage-deflate; server_max_window_bits',
    'permessage-deflate; client_max_window_bits=x',
    'permessage-deflate; client_no_context_takeover=1',
    'permessage-deflate; unknown',
    'permessage-deflate; client_max_window_bits; client_max_window_bits=10',
  ];
  const OPTIONS = [
    {},
    { serverNoContextTakeover: true, clientNoContextTakeover: true },
    { serverNoContextTakeover: false, clientNoContextTakeover: false },
    { serverMaxWindowBits: 10, clientMaxWindowBits: 10 },
    { serverMaxWindowBits: false, clientMaxWindowBits: false },
    { clientMaxWindowBits: true },
  ];
  const cases = [true, false].flatMap((isServer) =>
    OPTIONS.flatMap((options) =>
      OFFERS.map((header) => [isServer ? 'server' : 'client', options, header] as const),
    ),
  );

  test.each(cases)('on a %s with %o: %s', (role, options, header) => {
    const accept = (Class: typeof PerMessageDeflate, parse: typeof extension.parse) => () => {
      const made = new Class({ ...options, isServer: role === 'server', maxPayload: 0 });
      return { ...made.accept(parse(header)['permessage-deflate']!) };
    };
    const got = outcomeOf(accept(PerMessageDeflate, extension.parse));
    expect(got).toEqual(outcomeOf(accept(theirs.PerMessageDeflate, theirs.extension.parse)));
  });

  test.each(OPTIONS)('offered with %o', (options) => {
    expect(new PerMessageDeflate(options).offer()).toEqual(new theirs.PerMessageDeflate(options).offer());
    new PerMessageDeflate().cleanup();
    expect(PerMessageDeflate.extensionName).toBe('permessage-deflate');
  });
});
