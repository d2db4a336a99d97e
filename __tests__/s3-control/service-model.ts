import { execFile } from 'node:child_process';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { gunzipSync } from 'node:zlib';
import { z } from 'zod';

const memberSchema = z.object({
  shape: z.string(),
  location: z.enum(['header', 'uri', 'querystring']).optional(),
  locationName: z.string().optional(),
});

const shapeSchema = z.object({
  type: z.string(),
  members: z.record(z.string(), memberSchema).optional(),
  member: memberSchema.optional(),
  required: z.array(z.string()).default([]),
  enum: z.array(z.string()).optional(),
  min: z.number().optional(),
  max: z.number().optional(),
  pattern: z.string().optional(),
});
type Shape = z.infer<typeof shapeSchema>;

const modelSchema = z.object({
  operations: z.record(
    z.string(),
    z.object({ http: z.object({ method: z.string(), requestUri: z.string() }), input: z.object({ shape: z.string() }) }),
  ),
  shapes: z.record(z.string(), shapeSchema),
});

/** A request, taken apart. */
export interface ServiceRequest {
  readonly method: string;
  readonly path: string;
  readonly headers: Readonly<Record<string, unknown>>;
  readonly query: URLSearchParams;
  /** The elements of the XML document's root; undefined without a body. */
  readonly body: unknown;
}

/** Says which operation a request is, and what is wrong with it. */
export interface RequestCheck {
  readonly operation: string | undefined;
  readonly problems: readonly string[];
}

/**
 * The published description of S3 Control: operations, and the type, range and pattern of every field. It is the one that the AWS CLI and moto use;
 * it is read from the botocore package of this machine.
 */
export class ServiceModel {
  readonly #model: z.infer<typeof modelSchema>;

  private constructor(model: z.infer<typeof modelSchema>) {
    this.#model = model;
  }

  /** Reads the model of the botocore that belongs to moto. */
  static async ofBotocore(): Promise<ServiceModel> {
    const { stdout } = await promisify(execFile)('python3', ['-c', 'import botocore; print(botocore.__path__[0])']).catch((cause) => {
      throw new Error("python3 on the PATH has no botocore, which comes with moto: pip install 'moto[server]'", { cause });
    });
    const file = join(stdout.trim(), 'data', 's3control', '2018-08-20', 'service-2.json.gz');
    return new ServiceModel(modelSchema.parse(JSON.parse(gunzipSync(await readFile(file)).toString())));
  }

  /** Checks a request against the operation with its method and path. */
  check(request: ServiceRequest): RequestCheck {
    for (const [operation, { http, input }] of Object.entries(this.#model.operations)) {
      const labels = matchPath(http.requestUri, request.path);
      if (http.method !== request.method || labels === undefined) continue;
      return { operation, problems: this.#checkInput(this.#shape(input.shape), request, labels) };
    }
    return { operation: undefined, problems: [`no operation has ${request.method} ${request.path}`] };
  }

  #checkInput(input: Shape, request: ServiceRequest, labels: Readonly<Record<string, string>>): string[] {
    const inBody: Shape = { ...input, members: {}, required: [] };
    const problems: string[] = [];
    for (const [name, member] of Object.entries(input.members ?? {})) {
      const { location, locationName = name } = member;
      const isRequired = input.required.includes(name);
      if (location === undefined) {
        inBody.members = { ...inBody.members, [name]: member };
        if (isRequired) inBody.required.push(name);
        continue;
      }
      const values = { header: request.headers[locationName], uri: labels[locationName], querystring: request.query.get(locationName) };
      const value = values[location] ?? undefined;
      if (value === undefined && isRequired) problems.push(`${name} is missing from the ${location}`);
      const shape = this.#shape(member.shape);
      if (value !== undefined && shape.type !== 'list') problems.push(...this.#checkValue(name, shape, value));
    }
    if (Object.keys(inBody.members ?? {}).length > 0) problems.push(...this.#checkValue('body', inBody, request.body));
    return problems;
  }

  #checkValue(path: string, shape: Shape, value: unknown): string[] {
    switch (shape.type) {
      case 'structure':
        return this.#checkStructure(path, shape, value);
      case 'list':
        return this.#checkList(path, shape, value);
      default:
        return checkScalar(path, shape, value);
    }
  }

  #checkStructure(path: string, { members = {}, required }: Shape, value: unknown): string[] {
    const fields = value === '' ? {} : value;
    if (typeof fields !== 'object' || fields === null) return [`${path} is not a structure`];
    const byElement = new Map(Object.entries(members).map(([name, member]) => [member.locationName ?? name, member]));
    return [
      ...required.filter((name) => !(name in fields)).map((name) => `${path}.${name} is missing`),
      ...Object.entries(fields).flatMap(([element, inner]) => {
        const member = byElement.get(element);
        return member === undefined
          ? [`${path}.${element} does not exist`]
          : this.#checkValue(`${path}.${element}`, this.#shape(member.shape), inner);
      }),
    ];
  }

  #checkList(path: string, { member, min = 0, max = Number.POSITIVE_INFINITY }: Shape, value: unknown): string[] {
    const element = member?.locationName ?? 'member';
    const inside = z.record(z.string(), z.union([z.array(z.unknown()), z.string()])).safeParse(value === '' ? {} : value);
    if (!inside.success) return [`${path} is not a list`];
    const foreign = Object.keys(inside.data).filter((name) => name !== element);
    const items = [inside.data[element] ?? []].flat();
    return [
      ...foreign.map((name) => `${path}.${name} does not exist`),
      ...(items.length < min || items.length > max ? [`${path} has ${items.length} items`] : []),
      ...items.flatMap((item, index) => this.#checkValue(`${path}[${index}]`, this.#shape(member?.shape ?? ''), item)),
    ];
  }

  #shape(name: string): Shape {
    const shape = this.#model.shapes[name];
    if (shape === undefined) throw new Error(`the model has no shape ${name}`);
    return shape;
  }
}

const SCALARS: Readonly<Record<string, RegExp>> = {
  boolean: /^(true|false)$/,
  integer: /^-?\d+$/,
  long: /^-?\d+$/,
  timestamp: /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?Z$/,
  string: /^/,
};

function checkScalar(path: string, shape: Shape, value: unknown): string[] {
  if (typeof value !== 'string') return [`${path} is no ${shape.type}`];
  if (SCALARS[shape.type]?.test(value) !== true) return [`${path} is no ${shape.type}: ${value}`];
  const size = shape.type === 'string' ? [...value].length : Number(value);
  const isOutside =
    shape.type !== 'timestamp' && (size < (shape.min ?? Number.NEGATIVE_INFINITY) || size > (shape.max ?? Number.POSITIVE_INFINITY));
  return [
    ...(isOutside ? [`${path} is outside ${shape.min} to ${shape.max}: ${value}`] : []),
    ...(shape.enum !== undefined && !shape.enum.includes(value) ? [`${path} is none of ${shape.enum.join(', ')}: ${value}`] : []),
    ...(shape.pattern !== undefined && !new RegExp(`^(?:${shape.pattern})$`).test(value)
      ? [`${path} does not match ${shape.pattern}: ${value}`]
      : []),
  ];
}

/** Returns the labels of a path such as `/v20180820/jobs/{id}`; undefined if it is another path. */
function matchPath(template: string, path: string): Record<string, string> | undefined {
  const pattern = new RegExp(`^${template.replaceAll(/\{(\w+)\+?\}/g, '(?<$1>[^/]+)')}$`);
  const groups = pattern.exec(path)?.groups;
  return groups === undefined ? (pattern.test(path) ? {} : undefined) : { ...groups };
}
