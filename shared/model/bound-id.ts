/** The server group made elsewhere that a Service is bound to by annotation. */
import { readAnnotation } from './annotations/annotation.ts';
import { serverGroupId } from './annotations/service.ts';
import type { Service } from './wish.ts';

/** Its id; `undefined`: none, or the Service is not there, or going. */
export function boundIdOf(service: Service | undefined): string | undefined {
  if (service === undefined || service.metadata.deletionTimestamp !== undefined) return undefined;
  return readAnnotation(serverGroupId, service).value || undefined;
}
