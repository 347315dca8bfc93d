package io.mistersmith.persistence.testkit.fault;

import io.mistersmith.persistence.error.DataError;
import io.mistersmith.persistence.error.TransientPersistenceException;
import org.jspecify.annotations.Nullable;

/**
 * The faults within one transaction. After the first one the transaction's connection is lost, as
 * after a real one: no later call passes, a savepoint does not help, and nothing is committed.
 */
final class CutOff implements CallHook {

  private final Faults faults;
  private @Nullable RuntimeException fault;

  CutOff(Faults faults) {
    this.faults = faults;
  }

  @Override
  public boolean before(Call call) {
    requireConnected();
    try {
      return faults.before(call);
    } catch (RuntimeException e) {
      fault = e;
      throw e;
    }
  }

  @Override
  public void after(Call call, boolean lostAcknowledgement) {
    try {
      faults.on(call).after(lostAcknowledgement);
    } catch (RuntimeException e) {
      fault = e;
      throw e;
    }
  }

  void requireConnected() {
    if (fault != null) {
      throw new TransientPersistenceException(
          DataError.CONNECTION_FAILED,
          "an injected fault cut the transaction off; nothing was applied",
          fault);
    }
  }
}
