package io.mistersmith.persistence.core.internal.saga;

/** The run has another owner, or none: this runner must not go on. */
final class OwnershipOverException extends RuntimeException {

  private static final long serialVersionUID = 1L;

  OwnershipOverException(String why) {
    super(why, null, false, false);
  }
}
