package io.mistersmith.persistence.core.internal.codec;

import io.mistersmith.persistence.error.DataError;
import io.mistersmith.persistence.error.NonTransientPersistenceException;
import io.mistersmith.persistence.error.PersistenceException;
import java.util.function.Supplier;

/**
 * The cause of a typed failure: the class and the stack of an exception that a codec threw. Leaves
 * out its message, which may quote the value.
 */
final class CodecFailure extends RuntimeException {
  private static final long serialVersionUID = 1L;

  private static final int MAX_CAUSES = 8;

  private CodecFailure(Throwable thrown, int causes) {
    super(
        thrown.getClass().getName(),
        thrown.getCause() == null || causes == 0
            ? null
            : new CodecFailure(thrown.getCause(), causes - 1));
    setStackTrace(thrown.getStackTrace());
  }

  /**
   * Runs a codec. Whatever it throws becomes a failure of this value alone, except what says that
   * the virtual machine is in trouble.
   */
  static <R> R guard(String codec, String doing, Supplier<R> call) {
    try {
      return call.get();
    } catch (PersistenceException e) {
      throw e;
    } catch (RuntimeException | StackOverflowError | LinkageError | AssertionError e) {
      throw new NonTransientPersistenceException(
          DataError.SERIALIZATION_ERROR,
          codec + " failed to " + doing + ": " + e.getClass().getName(),
          new CodecFailure(e, MAX_CAUSES));
    }
  }
}
