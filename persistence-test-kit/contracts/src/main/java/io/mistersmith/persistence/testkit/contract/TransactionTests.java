package io.mistersmith.persistence.testkit.contract;

import io.mistersmith.persistence.model.Agent;
import io.mistersmith.persistence.transaction.TransactionOptions;
import io.mistersmith.persistence.transaction.TransactionOptions.Boundary;
import io.mistersmith.persistence.transaction.TransactionRunner;
import java.util.UUID;

/** The common part of the contracts about transactions of the application. */
abstract class TransactionTests extends PersistenceContract {

  static final TransactionOptions OPTIONS =
      TransactionOptions.of(Boundary.AGENT_TASK, "try a transaction");

  final TransactionRunner runner() {
    return persistence().transactions();
  }

  final boolean isRegistered(Agent agent) {
    return persistence().agents().find(agent.id()).isPresent();
  }

  /** A correlation id that no other test uses. */
  static String id() {
    return "contract-" + UUID.randomUUID();
  }
}
