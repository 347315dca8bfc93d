package io.mistersmith.persistence.examples.quickstart;

/** The quick start cannot go on; the message says why and is all that the user needs to see. */
final class QuickstartException extends RuntimeException {

  private static final long serialVersionUID = 1L;

  QuickstartException(String message) {
    super(message);
  }
}
