/** Collects what is wrong with an object, in the words of the API's own field errors. */
import type { Cause } from './api-error.ts';
import type { Json } from './json.ts';

const shown = (value: Json | undefined): string => JSON.stringify(value ?? null);

/** The wrong fields of one object, in the order found. */
export class Causes {
  readonly list: Cause[] = [];

  required(field: string, detail = ''): void {
    this.#add('FieldValueRequired', field, detail === '' ? 'Required value' : `Required value: ${detail}`);
  }

  invalid(field: string, value: Json | undefined, detail: string): void {
    this.#add('FieldValueInvalid', field, `Invalid value: ${shown(value)}: ${detail}`);
  }

  notSupported(field: string, value: Json | undefined, allowed: readonly string[]): void {
    const list = allowed.map((word) => JSON.stringify(word)).join(', ');
    this.#add('FieldValueNotSupported', field, `Unsupported value: ${shown(value)}: supported values: ${list}`);
  }

  duplicate(field: string, value: Json | undefined): void {
    this.#add('FieldValueDuplicate', field, `Duplicate value: ${shown(value)}`);
  }

  forbidden(field: string, detail: string): void {
    this.#add('FieldValueForbidden', field, `Forbidden: ${detail}`);
  }

  tooMany(field: string, actual: number, max: number): void {
    this.#add('FieldValueTooMany', field, `Too many: ${actual}: must have at most ${max} items`);
  }

  tooLong(field: string, max: number): void {
    this.#add('FieldValueTooLong', field, `Too long: may not be more than ${max} bytes`);
  }

  wrongType(field: string, value: Json | undefined, detail: string): void {
    this.#add('FieldValueTypeInvalid', field, `Invalid value: ${shown(value)}: ${detail}`);
  }

  #add(reason: string, field: string, message: string): void {
    this.list.push({ reason, message, field });
  }
}
