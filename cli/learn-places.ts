/** Where lessons and exercises are: in the clone and in the package, at the same place from this file. */
import path from 'node:path'

export const LESSONS_FOLDER = path.resolve(import.meta.dirname, '../docs/lessons')
export const EXERCISES_FOLDER = path.resolve(import.meta.dirname, '../examples/exercises')
