/** Where the room is. */
export const ROOM_PATH = '/waiting-room'
