const en = {
  lang: 'en',
  title: 'barewire chat',
  connecting: 'Connecting',
  open: 'Connected',
  waiting: 'Disconnected, reconnecting',
  offline: 'Offline',
  stopped: 'Not connected',
  retryIn: (/** @type {number} */ seconds) => `next try in ${seconds} s`,
  trying: 'trying now',
  retryNow: 'Try now',
  emptyTitle: 'Nothing on the wire yet.',
  emptyLink: 'Open this page in a second window',
  emptyRest: ' and say hello.',
  logLabel: 'Messages',
  jump: 'New messages',
  inputLabel: 'Message',
  you: 'You',
  send: 'Send',
  hint: 'Enter sends, Shift + Enter starts a new line',
  kept: 'Not connected: what you write stays here',
  frame: (/** @type {string} */ header, /** @type {number} */ payload, /** @type {number} */ total) =>
    `${header} · mask 4 · payload ${payload} · total ${total} B`,
  payload: (/** @type {number} */ bytes) => `payload ${bytes} B`,
  lost: (/** @type {number | undefined} */ code) =>
    code ? `Connection lost (${code}).` : 'Connection lost.',
  unconfirmed: 'What you sent last was not confirmed. It is back in the input.',
  back: 'Reconnected. Messages from the time in between are not shown.',
};

/** @type {typeof en} */
const zh = {
  lang: 'zh-CN',
  title: 'barewire 聊天',
  connecting: '正在连接',
  open: '已连接',
  waiting: '连接已断开，正在重连',
  offline: '网络已离线',
  stopped: '未连接',
  retryIn: (seconds) => `${seconds} 秒后重试`,
  trying: '正在重试',
  retryNow: '立即重试',
  emptyTitle: '线上还没有消息。',
  emptyLink: '在另一个窗口打开本页',
  emptyRest: '，打个招呼吧。',
  logLabel: '消息',
  jump: '有新消息',
  inputLabel: '消息',
  you: '我',
  send: '发送',
  hint: '按 Enter 发送，Shift + Enter 换行',
  kept: '未连接：已输入的内容会保留在这里',
  frame: (header, payload, total) => `${header} · 掩码 4 · 载荷 ${payload} · 共 ${total} 字节`,
  payload: (bytes) => `载荷 ${bytes} 字节`,
  lost: (code) => (code ? `连接已断开（${code}）。` : '连接已断开。'),
  unconfirmed: '最后发送的内容未得到确认，已放回输入框。',
  back: '已重新连接。断开期间的消息不会显示。',
};

export const strings = navigator.languages.find((tag) => /^(en|zh)\b/i.test(tag))?.startsWith('zh') ? zh : en;

/** Puts the page's fixed texts into the reader's language. */
export function localize() {
  const table = /** @type {Record<string, unknown>} */ (strings);
  document.documentElement.lang = strings.lang;
  for (const element of document.querySelectorAll('[data-t]')) {
    element.textContent = String(table[element.getAttribute('data-t') ?? '']);
  }
  for (const element of document.querySelectorAll('[data-t-label]')) {
    element.setAttribute('aria-label', String(table[element.getAttribute('data-t-label') ?? '']));
  }
}
