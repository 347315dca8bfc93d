package io.mistersmith.persistence.spring.boot;

import io.mistersmith.persistence.error.PersistenceException;
import io.mistersmith.persistence.error.TransientPersistenceException;
import org.springframework.boot.diagnostics.AbstractFailureAnalyzer;
import org.springframework.boot.diagnostics.FailureAnalysis;

/** Says in a few lines why a start failed: the exceptions of this library name cause and remedy. */
final class PersistenceFailureAnalyzer extends AbstractFailureAnalyzer<PersistenceException> {

  @Override
  protected FailureAnalysis analyze(Throwable root, PersistenceException failure) {
    String action =
        failure instanceof TransientPersistenceException
            ? "Start NATS and PostgreSQL, or let the start wait for them with"
                + " persistence.wait-for-servers."
            : "Change what the description names, then start again.";
    return new FailureAnalysis(
        "The agent persistence failed with " + failure.error() + ": " + failure.getMessage(),
        action,
        failure);
  }
}
