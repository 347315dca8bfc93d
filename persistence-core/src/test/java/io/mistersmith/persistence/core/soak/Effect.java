package io.mistersmith.persistence.core.soak;

/** What a write does. */
enum Effect {
  SAVE,
  /** A save whose entry ends by itself. */
  EXPIRE,
  DELETE
}
