import { describe, expect, it } from 'vitest';
import { readStepLine, readTold, Story } from '#infra/local/start/story.ts';

const line = (facts: object) =>
  JSON.stringify({ level: 30, msg: 'step finished', step: 'rule', key: 'c-local/AlbConfig/cafe', outcome: 'done', ...facts });
const tell = (story: Story, facts: object) => {
  const read = readStepLine(line(facts));
  if (read === undefined) throw new Error('not a step line');
  return story.tell(read);
};

describe('the story', () => {
  it('says what a step did, at what cost, and how far the chain is', () => {
    const story = new Story();
    expect(tell(story, { step: 'dispatch', changed: true, calls: 0, ms: 12.4 })).toBe(
      '■□□□□ ✓ dispatch     AlbConfig/cafe           done, 0 cloud calls, 12 ms',
    );
    expect(tell(story, { step: 'instance', outcome: 'wait', because: 'the ALB is Provisioning', calls: 1 })).toBe(
      '■□□□□ … instance     AlbConfig/cafe           waits: the ALB is Provisioning, 1 cloud call',
    );
    expect(tell(story, { step: 'instance', changed: false })).toBe('■■□□□ ✓ instance     AlbConfig/cafe           nothing to change');
  });

  it('shows what the forwarder told', () => {
    expect(readTold('{"level":30,"msg":"keys told","queue":"ingest","count":2}')).toBe(
      '      → forwarder    ingest                   2 changed keys told',
    );
    expect(readTold('{"level":30,"msg":"listed"}')).toBeUndefined();
  });

  it('finds the line behind a prefix and passes over all others', () => {
    expect(readStepLine(`2026-01-02T03:04:05Z req [INFO] ${line({})}`)?.step).toBe('rule');
    expect(readStepLine('plain text')).toBeUndefined();
    expect(readStepLine('{ broken')).toBeUndefined();
    expect(readStepLine('{"msg":"something else"}')).toBeUndefined();
  });
});
