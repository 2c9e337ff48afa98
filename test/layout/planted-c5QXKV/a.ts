async function save(): Promise<void> {}
export function main(): void {
  save()
}
