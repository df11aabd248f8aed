/** Whether what `npm test` takes samples of (points of death, random histories, settings) is to be taken whole: `npm run test:all` does. */
export const whole = process.env['WHOLE_TESTS'] === '1';
