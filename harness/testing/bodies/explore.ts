/** `explore`: a test body through every interleaving, on engines of its own or on opened ones. */
import type { Engines } from '../../engines/open.ts'
import { openForTests } from '../open-for-tests.ts'
import type { Body, BodyExplored, BodyOptions } from './body.ts'
import { checkBody } from './body-options.ts'
import { BodyStage } from './body-stage.ts'
import { exploreBody } from './explore-body.ts'

/**
 * Runs a test body through every interleaving of its clients' statements, on the real engine. Throws where
 * it fails in one of them, with the shortest such schedule, or where nothing could be proved.
 */
export async function explore(body: Body, options: BodyOptions): Promise<BodyExplored> {
  checkBody(body, options)
  await using opened = await openForTests(options.engines)
  return await exploreOnEngines(opened.engines, body, options)
}

/** On engines that somebody else opened, and will close. */
export async function exploreOnEngines(
  engines: Engines,
  body: Body,
  options: BodyOptions,
): Promise<BodyExplored> {
  checkBody(body, options)
  await using stage = await BodyStage.open(engines, options)
  return await exploreBody(stage, body, options)
}
