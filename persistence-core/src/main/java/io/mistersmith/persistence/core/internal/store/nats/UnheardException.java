package io.mistersmith.persistence.core.internal.store.nats;

/** No server heard a request: it was sent while its stream had no leader. */
final class UnheardException extends RuntimeException {

  private static final long serialVersionUID = 1L;

  UnheardException() {
    super("no answer; the stream had no leader when the request was sent", null, false, false);
  }
}
