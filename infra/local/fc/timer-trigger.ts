/** A timer trigger: an asynchronous invocation every period. Runs may overlap. */
import { periodMs, type TimerTrigger } from './function-spec.ts';

/** The event of one firing. */
const timerEvent = (trigger: TimerTrigger, now: number): Buffer =>
  Buffer.from(
    JSON.stringify({
      triggerTime: new Date(now).toISOString().replace(/\.\d+Z$/, 'Z'),
      triggerName: trigger.name,
      payload: trigger.payload,
    }),
  );

/** Fires until stopped. Returns the way to stop. */
export function startTimerTrigger(trigger: TimerTrigger, fire: (event: Buffer) => void): () => void {
  const timer = setInterval(() => fire(timerEvent(trigger, Date.now())), Math.max(periodMs(trigger.cronExpression), 1000));
  timer.unref();
  return () => clearInterval(timer);
}
