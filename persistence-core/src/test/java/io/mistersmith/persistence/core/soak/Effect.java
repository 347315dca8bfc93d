package io.mistersmith.persistence.core.soak;

/** The effect of a write. */
enum Effect {
  SAVE,
  /** A save whose entry ends by itself. */
  EXPIRE,
  DELETE
}
