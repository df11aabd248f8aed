/** The emulated ALB without a wire: operations called in place, on a clock of the test's. */
import type { Cloud } from '#infra/local/alb/cloud.ts';
import { viewOf } from '#infra/local/alb/in-force.ts';
import { createJobs } from '#infra/local/alb/jobs.ts';
import { serverGroupOperations } from '#infra/local/alb/server-groups.ts';
import { serverOperations } from '#infra/local/alb/servers.ts';
import { changeSettings } from '#infra/local/alb/settings.ts';
import { createState } from '#infra/local/alb/state.ts';
import type { AlbView, LocalInterface } from '#infra/local/alb/view.ts';
import type { Answer } from '#infra/local/openapi/operation.ts';
import { ServiceError } from '#infra/local/openapi/service-error.ts';
import type { Parameters } from '#infra/local/openapi/shape.ts';
import { createVirtualClock, type VirtualClock } from '../../../support/virtual-clock.ts';

export interface CloudInPlace {
  readonly clock: VirtualClock;
  readonly view: AlbView;
  /** `failing`: its job fails. */
  call(action: string, params: Parameters, failing?: boolean): Answer;
  /** The code of the refusal; empty when it was done. */
  codeOf(action: string, params: Parameters, failing?: boolean): string;
}

export function cloudInPlace(interfaces: readonly LocalInterface[], patch: unknown = {}): CloudInPlace {
  const clock = createVirtualClock();
  const state = createState('cn-local');
  const settings = changeSettings(undefined, patch);
  const jobs = createJobs(clock, state);
  const cloud: Cloud = {
    region: 'cn-local',
    clock,
    state,
    jobs,
    settings: () => settings,
    health: () => undefined,
    wishedHealth: () => [],
  };
  state.setInterfaces(interfaces);
  const operations = [...serverGroupOperations, ...serverOperations].map((serve) => serve(cloud));
  const call: CloudInPlace['call'] = (action, params, failing = false) => {
    const operation = operations.find((one) => one.action === action);
    if (operation === undefined) throw new Error(`no operation ${action}`);
    return operation.prepare(params, { action, requestId: 'r', failJobWith: failing ? 'InternalError' : undefined })();
  };
  return {
    clock,
    view: viewOf(state),
    call,
    codeOf: (action, params, failing) => {
      try {
        call(action, params, failing);
        return '';
      } catch (error) {
        if (error instanceof ServiceError) return error.code;
        throw error;
      }
    },
  };
}
