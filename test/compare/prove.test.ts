/**
 * Goal: a strategy of one's own is put to the test from a test suite, and neither a broken one nor an untested one passes.
 * Method: strategies that live in this process, so no engine is needed.
 */
import { describe, expect, it } from 'vitest'
import { prove } from '../../harness/index.ts'
import { inMemory } from '../workloads/in-memory.ts'

const QUICK = { workloads: ['drain', 'hot-seat'], concurrency: 8, durationMs: 150, seed: 5 }

describe('prove', () => {
  it('finds a sound strategy valid, after catching an unsafe one', async () => {
    const proof = await prove({ ...QUICK, strategy: () => inMemory() })
    expect(proof.reasons).toEqual([])
    expect(proof.verdict).toBe('valid')
    // None of the strategies uses an engine, so the control uses none either.
    expect(proof.control).toMatchObject({ caught: true, strategy: 'in-process-naive' })
    expect(proof.trials.map((trial) => trial.workload)).toEqual(['drain', 'hot-seat'])
  })

  it('convicts a racy one, and shows how', async () => {
    const racy = { name: 'racy', create: () => inMemory({ racy: true }) }
    const { verdict, convictions } = await prove({ ...QUICK, workloads: ['drain'], strategy: racy })
    expect(verdict).toBe('invalid')
    expect(convictions.join('\n')).toContain('racy')
  })

  it('passes nothing that was not played', async () => {
    expect((await prove({ ...QUICK, workloads: [], strategy: () => inMemory() })).verdict).toBe('unknown')
  })

  it('shows its author what a strategy threw', async () => {
    const broken = () => ({
      ...inMemory(),
      createResources: () => Promise.reject(new Error('not written yet')),
    })
    await expect(prove({ ...QUICK, strategy: broken })).rejects.toThrow('not written yet')
  })

  it('knows no workload of another name', async () => {
    await expect(prove({ strategy: () => inMemory(), workloads: ['hotseat'] })).rejects.toThrow(
      'there are hot-seat',
    )
  })
})
