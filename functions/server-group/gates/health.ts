/** Whether a server is healthy, as the listeners before its group see it. Each listener is asked at most once a batch. */
import type { GroupHealth } from '#shared/cloud/alb/port.ts';
import { emptyAlbConfigLedger } from '#shared/step/record.ts';
import type { Workshop } from '#shared/step/workshop.ts';
import { readOnce } from './reads.ts';

export interface HealthReads {
  /** `undefined`: no listener names the group (yet), so nobody checks it. */
  of(albConfig: string, group: string): Promise<GroupHealth | undefined>;
}

/** Made once a batch. Listeners are those that the AlbConfig's record knows; they are asked one after the other until one names the group. */
export function openHealthReads(at: Workshop): HealthReads {
  const listeners = readOnce(async (name) => {
    const record = await at.records.read({ kind: 'AlbConfig', cluster: at.site.cluster, name }, emptyAlbConfigLedger);
    return Object.values(record?.ledger.listeners ?? {});
  });
  const health = readOnce((listener) => at.cloud.alb.listenerHealth(listener));
  return {
    of: async (albConfig, group) => {
      for (const listener of await listeners(albConfig)) {
        const found = (await health(listener)).find((one) => one.serverGroupId === group);
        if (found !== undefined) return found;
      }
      return undefined;
    },
  };
}

/** Every cloud action of readiness gates. */
export const gateUses: readonly string[] = ['GetListenerHealthStatus'];
