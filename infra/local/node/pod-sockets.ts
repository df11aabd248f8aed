/** The annotation that puts servers of the user's own behind the address of a Pod: one for all ports, and others for single ports. */

/** `127.0.0.1:3000` for all ports, `9000=127.0.0.1:3001` for port 9000 alone; several are divided by commas. */
export const socketAnnotation = 'local.albeit.io/socket';

export interface PodSockets {
  /** For all ports that have none of their own: `127.0.0.1:43123`. Absent: the Pod's own echo server. */
  readonly socket?: string;
  /** Of single ports, by number. */
  readonly sockets: Readonly<Record<string, string>>;
}

/** `[port=]host:port`, on loopback. */
const form = /^(?:(\d{1,5})=)?((?:\[::1\]|127\.\d+\.\d+\.\d+|localhost):\d{1,5})$/;

/** `undefined`: something in it is no port of this machine. */
export function readPodSockets(text: string): PodSockets | undefined {
  const found = text.split(',').map((part) => form.exec(part.trim()));
  if (found.includes(null)) return undefined;
  const entries = found.map((match) => ({ port: match?.[1], socket: match?.[2] ?? '' }));
  const socket = entries.find(({ port }) => port === undefined)?.socket;
  const sockets = Object.fromEntries(entries.flatMap((one) => (one.port === undefined ? [] : [[one.port, one.socket]])));
  return { ...(socket === undefined ? {} : { socket }), sockets };
}
