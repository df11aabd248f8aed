import { describe, expect, it } from 'vitest';
import { albConfigPage } from '#infra/deploy/reference-albconfig.ts';
import { annotationsPage } from '#infra/deploy/reference-annotations.ts';
import { errorsPage } from '#infra/deploy/reference-errors.ts';
import { errorRows } from '#shared/errors.ts';
import { configSchema, listenerSchema } from '#shared/model/albconfig.ts';
import { topics } from '#shared/model/annotations/index.ts';
import { marks } from '#shared/model/annotations/marks.ts';
import { backendModes } from '#shared/model/backend-mode.ts';

describe('the reference pages', () => {
  it('name every annotation, label, condition and mode', () => {
    const page = annotationsPage();
    const keys = topics.flatMap((topic) => topic.rows.flatMap((row) => row.keys));
    for (const key of keys) expect(page).toContain(key.replace('alb.ingress.kubernetes.io/', '…/'));
    for (const { key } of marks) expect(page).toContain(key);
    for (const mode of Object.keys(backendModes)) expect(page).toContain(`| \`${mode}\` |`);
  });

  it('name every error', () => {
    const page = errorsPage();
    for (const code of Object.keys(errorRows)) expect(page).toContain(`\`${code}\``);
  });

  it('name every field of an AlbConfig, with its default', () => {
    const page = albConfigPage();
    for (const name of Object.keys(configSchema.shape)) expect(page).toContain(`\`config.${name}\``);
    for (const name of Object.keys(listenerSchema.shape)) expect(page).toContain(`\`listeners[].${name}\``);
    expect(page).toContain('| `listeners[].idleTimeout` | number | 15 |');
    expect(page).toContain('| `config.zoneMappings[].vSwitchId` | text | required |');
  });

  it('are tables whose rows have as many cells as their heads', () => {
    for (const page of [annotationsPage(), errorsPage(), albConfigPage()]) {
      let columns = 0;
      for (const line of page.split('\n')) {
        const cells = line.startsWith('|') ? line.split(/(?<!\\)\|/).length : 0;
        if (cells > 0 && columns > 0) expect(`${line} ${cells}`).toBe(`${line} ${columns}`);
        columns = cells;
      }
    }
  });
});
