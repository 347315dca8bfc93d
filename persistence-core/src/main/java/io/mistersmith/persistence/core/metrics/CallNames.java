package io.mistersmith.persistence.core.metrics;

import io.micrometer.common.KeyValues;
import io.mistersmith.persistence.event.CallObserver.Call;
import io.mistersmith.persistence.event.CallObserver.Kind;

/**
 * The names of one call's observation.
 *
 * @param name the name of its timer
 * @param span the name of its span
 * @param labels what is bounded: labels of the timer, and attributes of the span
 * @param details attributes of the span alone
 */
record CallNames(String name, String span, KeyValues labels, KeyValues details) {

  /** An attribute of a call that failed. */
  static final String ERROR = "error.type";

  static CallNames of(Call call, boolean messaging) {
    if (call.store().equals("postgresql")) {
      return ofDatabase(call);
    }
    return messaging && call.kind() != Kind.REQUEST ? ofMessage(call) : ofBucket(call);
  }

  /** Only a batch of two and more has a size, and not every call is about one table. */
  private static CallNames ofDatabase(Call call) {
    KeyValues labels =
        KeyValues.of("db.system.name", "postgresql", "db.operation.name", call.operation());
    KeyValues details = KeyValues.empty();
    if (call.target().isPresent()) {
      details = details.and("db.collection.name", call.target().get());
    }
    if (call.size() > 1) {
      details = details.and("db.operation.batch.size", Integer.toString(call.size()));
    }
    return new CallNames(
        "db.client.operation.duration",
        call.target()
            .or(call::namespace)
            .map(target -> call.operation() + " " + target)
            .orElse(call.operation()),
        call.namespace().map(database -> labels.and("db.namespace", database)).orElse(labels),
        details);
  }

  private static CallNames ofMessage(Call call) {
    boolean sends = call.kind() == Kind.SEND;
    String operation = sends ? "publish" : "process";
    String destination = call.target().orElse(call.role());
    return new CallNames(
        sends ? "messaging.client.operation.duration" : "messaging.process.duration",
        operation + " " + destination,
        KeyValues.of(
            "messaging.system",
            "nats",
            "messaging.operation.name",
            operation,
            "messaging.operation.type",
            sends ? "send" : "process",
            "messaging.destination.name",
            destination),
        KeyValues.empty());
  }

  private static CallNames ofBucket(Call call) {
    return new CallNames(
        "persistence.nats.call",
        call.operation() + " " + call.target().orElse(call.role()),
        KeyValues.of("role", call.role(), "operation", call.operation()),
        KeyValues.empty());
  }
}
