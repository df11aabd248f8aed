/** One request being answered. */
import type { IncomingMessage, ServerResponse } from 'node:http';
import type { Duplex } from 'node:stream';
import type { ViewListener } from '../view.ts';
import type { Groups } from './groups.ts';
import type { RequestFacts } from './request-facts.ts';
import type { DataPlaneSettings } from './settings.ts';
import type { Timers } from './timers.ts';
import type { UpstreamAgents } from './upstream-agents.ts';

export interface Exchange {
  readonly request: IncomingMessage;
  readonly response: ServerResponse;
  /** Present when the client asks to switch to WebSocket: its connection, with what it sent ahead. */
  readonly upgrade?: { readonly socket: Duplex; readonly head: Buffer };
  readonly facts: RequestFacts;
  readonly listener: ViewListener;
  readonly groups: Groups;
  readonly agents: UpstreamAgents;
  readonly timers: Timers;
  readonly settings: DataPlaneSettings;
}
