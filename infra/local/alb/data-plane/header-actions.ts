/** InsertHeader and RemoveHeader, of requests and of answers alike. */
import type { ViewAction } from '../view.ts';
import { configOf } from './action-config.ts';
import type { Exchange } from './exchange.ts';
import type { HeaderEdit } from './header-edits.ts';

interface HeaderConfig {
  readonly Key: string;
  readonly Value: string;
  readonly ValueType: string;
  /** Absent: a header of that name is replaced. */
  readonly CoverEnabled: boolean;
}

/** What the load balancer knows itself, by the names of `ValueType` SystemDefined. */
const systemValues: Readonly<Record<string, (exchange: Exchange) => string>> = {
  ClientSrcPort: ({ facts }) => String(facts.sourcePort),
  ClientSrcIp: ({ facts }) => facts.sourceIp,
  Protocol: ({ listener }) => (listener.ListenerProtocol === 'HTTP' ? 'HTTP' : 'HTTPS'),
  SLBId: ({ listener }) => listener.LoadBalancerId,
  SLBPort: ({ listener }) => String(listener.ListenerPort),
};

/** Where a value comes from, by `ValueType`. A header that is referred to is the client's, whatever was inserted before. */
const valueTypes: Readonly<Record<string, (exchange: Exchange, value: string) => string | undefined>> = {
  UserDefined: (_, value) => value,
  ReferenceHeader: ({ facts }, name) => facts.headers[name.toLowerCase()]?.join(', '),
  SystemDefined: (exchange, name) => systemValues[name]?.(exchange),
};

function inserted(action: ViewAction, exchange: Exchange): readonly HeaderEdit[] {
  const { Key: name = '', Value = '', ValueType = 'UserDefined', CoverEnabled = true } = configOf<HeaderConfig>(action);
  const found = valueTypes[ValueType]?.(exchange, Value);
  const value = found ?? (exchange.settings.missingReference === 'empty' ? '' : undefined);
  return value === undefined ? [] : [{ name, value, how: CoverEnabled ? 'replace' : 'if-absent' }];
}

const rows: Readonly<Record<string, (action: ViewAction, exchange: Exchange) => readonly HeaderEdit[]>> = {
  InsertHeader: inserted,
  RemoveHeader: (action) => [{ name: configOf<HeaderConfig>(action).Key ?? '' }],
};

/** What an action does to headers; nothing when it is about something else. */
export const headerEdits = (action: ViewAction, exchange: Exchange): readonly HeaderEdit[] => rows[action.Type]?.(action, exchange) ?? [];
