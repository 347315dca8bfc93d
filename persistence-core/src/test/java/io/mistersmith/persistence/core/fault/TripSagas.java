package io.mistersmith.persistence.core.fault;

import io.mistersmith.persistence.model.AgentId;
import io.mistersmith.persistence.saga.EntryChange;
import io.mistersmith.persistence.saga.RowChange;
import io.mistersmith.persistence.saga.Saga;
import io.mistersmith.persistence.saga.SagaContext;
import io.mistersmith.persistence.saga.SagaStep;
import io.mistersmith.persistence.saga.SagaStep.InTransaction;
import io.mistersmith.persistence.saga.StepRefusedException;
import io.mistersmith.persistence.state.StateType;
import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStreamReader;
import java.io.PrintStream;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.Socket;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.List;
import java.util.Map;

/**
 * Two sagas of five steps, one of each kind, in opposite orders: each calls a {@link
 * SagaParticipant}, adds a row in a transaction, changes an entry in KV and a row of a table, and
 * runs a saga of its own. Their input has the number {@code n} of the run, the {@code agent} that
 * has the entry, and the step that is refused as {@code fail}.
 */
final class TripSagas {

  static final StateType<String> NOTES = StateType.of("note", String.class);

  private static final int ANSWER_MILLIS = 2_000;

  private final int port;
  private final int attempts;
  private final Saga shipping;
  private final Saga trip;
  private final Saga back;

  /**
   * The sagas over a participant.
   *
   * @param attempts how often each step is tried
   */
  TripSagas(int port, int attempts) {
    this.port = port;
    this.attempts = attempts;
    shipping =
        Saga.builder("ship", 1)
            .step(inTransaction("pack", "app.parcels"))
            .step(call("label"))
            .build();
    trip =
        Saga.builder("trip", 1)
            .step(book())
            .step(charge())
            .step(note())
            .step(seat())
            .step(ship())
            .build();
    back =
        Saga.builder("back", 1)
            .step(ship())
            .step(seat())
            .step(note())
            .step(charge())
            .step(book())
            .build();
  }

  List<Saga> all() {
    return List.of(trip, back);
  }

  /** Ends with the nested saga, whose last step may be refused. */
  Saga trip() {
    return trip;
  }

  /** Begins with the nested saga, and ends with a call that may be refused. */
  Saga back() {
    return back;
  }

  private SagaStep tuned(SagaStep step) {
    return step.withAttempts(attempts).withPause(Duration.ofMillis(100));
  }

  private SagaStep book() {
    return call("book");
  }

  private SagaStep call(String name) {
    return tuned(
        SagaStep.call(name, context -> act(name, context))
            .compensatedByCall(context -> undo(name, context)));
  }

  private SagaStep charge() {
    return inTransaction("charge", "app.charges");
  }

  private SagaStep inTransaction(String name, String table) {
    InTransaction add =
        (context, transaction) -> {
          int rows =
              transaction.update(
                  "INSERT INTO " + table + " (n) VALUES (:n)", Map.of("n", number(context)));
          return Map.of("rows", rows);
        };
    InTransaction remove =
        (context, transaction) -> {
          int rows =
              transaction.update("DELETE FROM " + table + " WHERE n = :n", numberOf(context));
          return Map.of("rows", rows);
        };
    return tuned(SagaStep.inTransaction(name, add).compensatedInTransaction(remove));
  }

  private SagaStep note() {
    return tuned(
        SagaStep.entry(
            "note",
            context ->
                EntryChange.put(
                    NOTES,
                    AgentId.parse(String.valueOf(context.input().get("agent"))),
                    noteKey(number(context)),
                    newNote(number(context)))));
  }

  static String noteKey(int n) {
    return "n" + n;
  }

  static String newNote(int n) {
    return "written by " + n;
  }

  private SagaStep seat() {
    return tuned(
        SagaStep.row(
            "seat",
            context ->
                RowChange.update(
                    "app.seats", numberOf(context), Map.of("holder", newHolder(number(context))))));
  }

  static String newHolder(int n) {
    return "trip " + n;
  }

  private SagaStep ship() {
    return tuned(SagaStep.nested("ship", shipping, SagaContext::input));
  }

  static int number(SagaContext context) {
    return ((Number) context.input().getOrDefault("n", -1)).intValue();
  }

  private static Map<String, Object> numberOf(SagaContext context) {
    return Map.of("n", number(context));
  }

  private Map<String, Object> act(String name, SagaContext context) throws IOException {
    if (name.equals(context.input().get("fail"))) {
      throw new StepRefusedException("no " + name + " today");
    }
    String answer = ask("do " + work(name, number(context)) + " " + context.idempotencyKey());
    if (answer.equals("refused")) {
      throw new StepRefusedException("the participant has undone it");
    }
    return Map.of("answer", required(answer));
  }

  private Map<String, Object> undo(String name, SagaContext context) throws IOException {
    String answer = ask("undo " + work(name, number(context)) + " " + context.actionKey());
    return Map.of("answer", required(answer));
  }

  /** The name of a piece of the participant's work. */
  static String work(String step, int n) {
    return step + "-" + n;
  }

  private static String required(String answer) throws IOException {
    if (!answer.equals("ok")) {
      throw new IOException("the participant answered " + answer);
    }
    return answer;
  }

  private String ask(String request) throws IOException {
    try (Socket socket = new Socket()) {
      socket.setSoTimeout(ANSWER_MILLIS);
      socket.connect(new InetSocketAddress(InetAddress.getLoopbackAddress(), port), ANSWER_MILLIS);
      PrintStream out = new PrintStream(socket.getOutputStream(), true, StandardCharsets.UTF_8);
      out.println(request);
      String answer =
          new BufferedReader(new InputStreamReader(socket.getInputStream(), StandardCharsets.UTF_8))
              .readLine();
      if (answer == null) {
        throw new IOException("the participant did not answer");
      }
      return answer;
    }
  }
}
