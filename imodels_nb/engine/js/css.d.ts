// The bundler puts the text of a style sheet in the place of its import.
declare module "*.css" {
  const text: string;
  export default text;
}
