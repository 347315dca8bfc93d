package io.mistersmith.persistence.core.internal.saga;

import io.mistersmith.persistence.core.internal.transaction.StoreTransactionRunner;
import io.mistersmith.persistence.core.internal.transaction.StoreTransactionRunner.LastRow;
import io.mistersmith.persistence.error.PersistenceException;
import io.mistersmith.persistence.saga.SagaContext;
import io.mistersmith.persistence.saga.SagaStep;
import io.mistersmith.persistence.spi.sql.SqlUnit;
import io.mistersmith.persistence.transaction.Transaction;
import io.mistersmith.persistence.transaction.TransactionOptions;
import io.mistersmith.persistence.transaction.TransactionOptions.Boundary;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/**
 * Makes attempts at steps in a transaction. The rows of the log are its last statement, so they are
 * committed with the step's own rows or not at all, and tell how a COMMIT without an answer ended.
 */
final class TransactionSteps {

  /** PostgreSQL cuts longer names. */
  private static final int LONGEST_NAME = 63;

  private final StoreTransactionRunner transactions;

  TransactionSteps(StoreTransactionRunner transactions) {
    this.transactions = transactions;
  }

  StepResult run(
      OwnedRun owned, RunThread thread, Next.Attempt attempt, SagaStep.InTransaction work) {
    SagaContext context = RunContext.of(owned, attempt);
    Written last = new Written(owned, attempt);
    TransactionOptions options =
        TransactionOptions.builder(
                Boundary.DISTRIBUTED_SAGA, owned + ", step " + attempt.step().name())
            .timeout(owned.limit(attempt))
            .build();
    try {
      Map<String, Object> unused =
          transactions.recorded(
              options, session(owned), tx -> body(owned, thread, attempt, work, context, tx), last);
      return new StepResult.Recorded(last.committed());
    } catch (OwnershipOverException e) {
      throw e;
    } catch (Throwable e) {
      PersistenceException refusal = last.failure;
      if (refusal != null && refusal == e && OwnedRun.isRefused(refusal)) {
        owned.recover(refusal, thread);
        return new StepResult.Reread();
      }
      return new StepResult.Row(
          LogRows.failed(attempt, attempt.attempt(), StepFailure.ofStores(e)));
    }
  }

  private static Map<String, Object> body(
      OwnedRun owned,
      RunThread thread,
      Next.Attempt attempt,
      SagaStep.InTransaction work,
      SagaContext context,
      Transaction transaction) {
    try {
      return CallSteps.canonical(
          owned, attempt, thread.call(owned.limit(attempt), () -> work.run(context, transaction)));
    } catch (RuntimeException e) {
      throw e;
    } catch (Exception e) {
      throw new IllegalStateException(e); // the work declares none
    }
  }

  /**
   * The server's views and the audit log show it: the correlation id ties their rows to the run.
   */
  private static String session(OwnedRun owned) {
    String name = "saga_" + owned.run().correlationId();
    String ascii = new String(name.getBytes(StandardCharsets.US_ASCII), StandardCharsets.US_ASCII);
    return ascii.length() <= LONGEST_NAME ? ascii : ascii.substring(0, LONGEST_NAME);
  }

  /** The rows of the log that the last attempt has written. */
  private static final class Written implements LastRow<Map<String, Object>> {

    private final OwnedRun owned;
    private final Next.Attempt attempt;
    private final int position;
    private @Nullable Plan plan;
    private Optional<String> cancelled = Optional.empty();
    private @Nullable PersistenceException failure;

    Written(OwnedRun owned, Next.Attempt attempt) {
      this.owned = owned;
      this.attempt = attempt;
      this.position = owned.position();
    }

    @Override
    public void write(SqlUnit unit, Map<String, Object> result) {
      failure = null;
      Plan now = owned.plan(List.of(LogRows.done(attempt, attempt.attempt(), result)));
      plan = now;
      try {
        cancelled = owned.append(unit.sagas(), now);
      } catch (PersistenceException e) {
        failure = e;
        throw e;
      }
    }

    @Override
    public boolean isThere() {
      return owned.isThere(position);
    }

    Plan committed() {
      Plan done = plan;
      if (done == null) {
        throw new IllegalStateException("the transaction was committed without its row");
      }
      owned.appended(done, cancelled);
      return done;
    }
  }
}
