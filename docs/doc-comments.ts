import { readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { type Comment, type Expression, type ObjectExpression, type Program, parseSync } from 'oxc-parser';

/** A source file: the schemas it declares, the schemas it imports, and its doc comments. */
interface SourceFile {
  readonly path: string;
  readonly text: string;
  readonly comments: readonly Comment[];
  readonly schemas: ReadonlyMap<string, { readonly value: Expression; readonly comment: string | undefined }>;
  readonly imports: ReadonlyMap<string, { readonly path: string; readonly name: string }>;
}

const files = new Map<string, SourceFile>();

/**
 * Reads the doc comments of the fields of a zod schema and of the schemas that it consists of. The type checker and editors show the same
 * comments, and the function does not ship them, as it would texts in the schema.
 * @returns comments by the path of the field, such as `recipe.renditions[].width`
 */
export function docComments(path: string, schema: string): ReadonlyMap<string, string> {
  const found = new Map<string, string>();
  const file = sourceFile(path);
  const declared = file.schemas.get(schema);
  if (declared === undefined) throw new Error(`${path} does not declare ${schema}`);
  collect(declared.value, file, '', found);
  return found;
}

function collect(value: Expression, file: SourceFile, path: string, found: Map<string, string>): void {
  if (value.type === 'ObjectExpression') collectFields(value, file, path, found);
  if (value.type === 'MemberExpression') collect(value.object, file, path, found);
  if (value.type === 'ArrayExpression')
    for (const element of value.elements) if (element !== null && element.type !== 'SpreadElement') collect(element, file, path, found);
  if (value.type === 'CallExpression') {
    const { callee } = value;
    const isArray = callee.type === 'MemberExpression' && callee.property.type === 'Identifier' && callee.property.name === 'array';
    collect(callee, file, path, found);
    for (const argument of value.arguments)
      if (argument.type !== 'SpreadElement') collect(argument, file, isArray ? `${path}[]` : path, found);
  }
  if (value.type === 'Identifier') {
    const declared = declaration(value.name, file);
    if (declared === undefined) return;
    const { value: schema, comment, file: other } = declared;
    // A field's own comment takes precedence over the comment of its schema.
    if (comment !== undefined && path !== '' && !path.endsWith(']') && !found.has(path)) found.set(path, comment);
    collect(schema, other, path, found);
  }
}

function collectFields(object: ObjectExpression, file: SourceFile, path: string, found: Map<string, string>): void {
  for (const property of object.properties) {
    if (property.type === 'SpreadElement') {
      collect(property.argument, file, path, found);
      continue;
    }
    if (property.key.type !== 'Identifier') continue;
    const inner = path === '' ? property.key.name : `${path}.${property.key.name}`;
    const comment = commentBefore(property.start, file.text, file.comments);
    if (comment !== undefined) found.set(inner, comment);
    collect(property.value, file, inner, found);
  }
}

function declaration(name: string, file: SourceFile) {
  const imported = file.imports.get(name);
  const source = imported === undefined ? file : sourceFile(imported.path);
  const declared = source.schemas.get(imported?.name ?? name);
  return declared === undefined ? undefined : { ...declared, file: source };
}

function sourceFile(path: string): SourceFile {
  const known = files.get(path);
  if (known !== undefined) return known;
  const text = readFileSync(path, 'utf8');
  const { program, comments, errors } = parseSync(path, text);
  if (errors.length > 0) throw new Error(`${path} cannot be parsed: ${errors[0]?.message}`);
  const file = { path, text, comments, schemas: declarations(program, text, comments), imports: imports(program, path) };
  files.set(path, file);
  return file;
}

function declarations(program: Program, text: string, comments: readonly Comment[]): SourceFile['schemas'] {
  const found = new Map<string, { value: Expression; comment: string | undefined }>();
  for (const statement of program.body) {
    const declared = statement.type === 'ExportNamedDeclaration' ? statement.declaration : statement;
    if (declared?.type !== 'VariableDeclaration') continue;
    for (const { id, init } of declared.declarations)
      if (id.type === 'Identifier' && init != null)
        found.set(id.name, { value: init, comment: commentBefore(statement.start, text, comments) });
  }
  return found;
}

function imports(program: Program, from: string): SourceFile['imports'] {
  const found = new Map<string, { path: string; name: string }>();
  for (const statement of program.body) {
    if (statement.type !== 'ImportDeclaration' || !statement.source.value.startsWith('.')) continue;
    for (const specifier of statement.specifiers)
      if (specifier.type === 'ImportSpecifier' && specifier.imported.type === 'Identifier')
        found.set(specifier.local.name, { path: join(dirname(from), statement.source.value), name: specifier.imported.name });
  }
  return found;
}

/** Returns the text of the doc comment directly before a position, as one line. */
function commentBefore(position: number, text: string, comments: readonly Comment[]): string | undefined {
  const comment = comments.find(
    ({ type, value, end }) => type === 'Block' && value.startsWith('*') && text.slice(end, position).trim() === '' && end <= position,
  );
  if (comment === undefined) return undefined;
  const lines = comment.value.slice(1).split('\n');
  return lines
    .map((line) => line.replace(/^\s*\*? ?/, '').trim())
    .join(' ')
    .trim();
}
