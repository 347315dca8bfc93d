package io.mistersmith.persistence.core.internal.event;

/** Another runtime may publish by now: this one must not go on. */
final class LeaseLostException extends RuntimeException {

  private static final long serialVersionUID = 1L;

  LeaseLostException() {
    super("the lease of the change feed has run out; another runtime goes on", null, false, true);
  }
}
