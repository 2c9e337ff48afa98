import { describeReservations } from 'holdfast/vitest'
import { create } from './reservations.ts'

describeReservations('our reservations', { engines: ['postgres'], create })
