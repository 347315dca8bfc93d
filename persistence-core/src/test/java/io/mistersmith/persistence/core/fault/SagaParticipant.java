package io.mistersmith.persistence.core.fault;

import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStreamReader;
import java.io.PrintStream;
import java.io.UncheckedIOException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;

/**
 * A service beside both stores, which takes part in sagas. It does a piece of work once for each
 * key, and refuses a key whose work was undone, also where that came first. It takes a line over
 * TCP and answers with one: {@code do WHAT KEY} or {@code undo WHAT KEY}, and {@code ok}, {@code
 * refused} or {@code broken}. Thread-safe.
 */
final class SagaParticipant implements AutoCloseable {

  private final ServerSocket socket;
  private final Map<String, String> done = new HashMap<>();
  private final Set<String> undone = new HashSet<>();
  private final List<String> requests = new ArrayList<>();
  private final Set<String> lost = new HashSet<>();
  private final Set<String> broken = new HashSet<>();

  private SagaParticipant(ServerSocket socket) {
    this.socket = socket;
  }

  static SagaParticipant start() {
    try {
      ServerSocket socket = new ServerSocket(0, 50, InetAddress.getLoopbackAddress());
      SagaParticipant participant = new SagaParticipant(socket);
      Thread thread = new Thread(participant::serve, "saga-participant");
      thread.setDaemon(true);
      thread.start();
      return participant;
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  int port() {
    return socket.getLocalPort();
  }

  /** Loses the requests to do this work until {@link #deliver}: they get no answer. */
  synchronized void lose(String what) {
    lost.add(what);
  }

  /** Takes the latest request to do this work again, as a network may; returns the answer. */
  synchronized String deliver(String what) {
    lost.remove(what);
    String request =
        requests.stream()
            .filter(line -> line.startsWith("do " + what + " "))
            .reduce((before, line) -> line)
            .orElseThrow();
    return answer(request);
  }

  /** Fails each request to undo this work until {@link #repair}. */
  synchronized void breakUndo(String what) {
    broken.add(what);
  }

  synchronized void repair(String what) {
    broken.remove(what);
  }

  /** Returns whether a request to do this work came. */
  synchronized boolean wasAsked(String what) {
    return requests.stream().anyMatch(line -> line.startsWith("do " + what + " "));
  }

  /** Returns how many times this work is done. */
  synchronized int count(String what) {
    return (int) done.values().stream().filter(what::equals).count();
  }

  private void serve() {
    try {
      while (true) {
        Socket connection = socket.accept();
        Thread thread = new Thread(() -> serve(connection), "saga-participant-call");
        thread.setDaemon(true);
        thread.start();
      }
    } catch (IOException e) {
      if (!socket.isClosed()) {
        throw new UncheckedIOException(e);
      }
    }
  }

  private void serve(Socket connection) {
    try (connection;
        BufferedReader in =
            new BufferedReader(
                new InputStreamReader(connection.getInputStream(), StandardCharsets.UTF_8));
        PrintStream out =
            new PrintStream(connection.getOutputStream(), true, StandardCharsets.UTF_8)) {
      String request = in.readLine();
      if (request != null && isReceived(request)) {
        out.println(answer(request));
      }
    } catch (IOException e) {
      // The caller was killed: what it asked for is done, or it never was asked.
      System.err.println("participant: " + e.getMessage());
    }
  }

  private synchronized boolean isReceived(String request) {
    requests.add(request);
    return !(request.startsWith("do ") && lost.contains(request.split(" ", 3)[1]));
  }

  private synchronized String answer(String request) {
    String[] part = request.split(" ", 3);
    String what = part[1];
    String key = part[2];
    if (part[0].equals("do")) {
      if (undone.contains(key)) {
        return "refused";
      }
      done.put(key, what);
      return "ok";
    }
    if (broken.contains(what)) {
      return "broken";
    }
    undone.add(key);
    done.remove(key);
    return "ok";
  }

  @Override
  public void close() {
    try {
      socket.close();
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }
}
