/** One request being answered. */
import type { IncomingMessage, ServerResponse } from 'node:http';
import type { Duplex } from 'node:stream';
import type { ViewListener } from '../view.ts';
import type { Groups } from './groups.ts';
import type { HeaderEdit } from './header-edits.ts';
import type { RequestFacts } from './request-facts.ts';
import type { DataPlaneSettings } from './settings.ts';
import type { Passage } from './stickiness.ts';
import type { Timers } from './timers.ts';
import type { UpstreamAgents } from './upstream-agents.ts';

/** What a server is asked where that differs from what the client asked. */
interface Outgoing {
  /** Absent: the `Host` of the client. */
  readonly host?: string;
  readonly path: string;
  /** Without the question mark. */
  readonly search: string;
  readonly edits: readonly HeaderEdit[];
}

/** What rules for responses may know about an answer. */
export interface AnswerFacts {
  readonly status: number;
  /** Names in lower case. */
  readonly headers: Readonly<Record<string, readonly string[] | undefined>>;
}

/** What the rules make of an exchange: its beginning, which the actions of a rule then change one after the other. */
export interface Course {
  /** What the path expression of the rule captured: `${1}` and on. */
  readonly captured: readonly string[];
  readonly outgoing: Outgoing;
  /** Changes of the answer's headers, whoever gives it. */
  readonly answerEdits: readonly HeaderEdit[];
  /** What the rules of direction Response make of an answer. */
  readonly responseEdits: (exchange: Exchange, answer: AnswerFacts) => readonly HeaderEdit[];
}

export interface Exchange extends Course {
  readonly request: IncomingMessage;
  readonly response: ServerResponse;
  /** Present when the client asks to switch to WebSocket: its connection, with what it sent ahead. */
  readonly upgrade?: { readonly socket: Duplex; readonly head: Buffer };
  readonly facts: RequestFacts;
  /** What becomes of the heads on their way to and from the server that was chosen; absent until one is. */
  readonly passage?: Passage;
  readonly listener: ViewListener;
  readonly groups: Groups;
  readonly agents: UpstreamAgents;
  readonly timers: Timers;
  readonly settings: DataPlaneSettings;
}
