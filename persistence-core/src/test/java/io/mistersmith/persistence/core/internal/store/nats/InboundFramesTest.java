package io.mistersmith.persistence.core.internal.store.nats;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.nats.client.impl.Headers;
import io.nats.client.support.IncomingHeadersProcessor;
import java.io.ByteArrayInputStream;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;

/** That what is readable passes as it is, however it arrives, and what is not gets readable. */
class InboundFramesTest {

  private static final String GOOD =
      "NATS/1.0\r\nKV-Operation: DEL\r\nNats-Sequence: 17\r\nX:\r\n\r\n";
  private static final String PAYLOAD = "HMSG a 1 3 5\r\n{\"a\":\"MSG b 1 2\r\n\"}";

  /** One message as the reader of the result finds it. */
  private record Read(String line, String block, String payload) {}

  @Test
  void whatIsReadablePassesAsItIs() throws IOException {
    String sent =
        "INFO {\"max_payload\":1048576}\r\nPING\r\n"
            + "MSG $KV.B.a.k 1 0\r\n\r\n"
            + "MSG _INBOX.x.1 12 $JS.ACK.a 33\r\n"
            + "x".repeat(33)
            + "\r\n"
            + hmsg("$KV.B.a.k 1 $JS.ACK.b", GOOD, PAYLOAD)
            + hmsg("_INBOX.x 1 ", "NATS/1.0 404 Message Not Found\r\n\r\n", "")
            + hmsg("_INBOX.x 1", "NATS/1.0 100 Idle Heartbeat\r\nNats-Last-Stream: 1\r\n\r\n", "")
            + "+OK\r\n-ERR 'Slow Consumer'\r\n"
            + hmsg("a 1", GOOD, "y".repeat(300));
    for (int chunk = 1; chunk < sent.length() + 1; chunk++) {
      assertThat(through(sent, chunk)).as("chunks of %d", chunk).isEqualTo(sent);
    }
  }

  @Test
  void whatIsNotIsReplacedByWhatHoldsIt() throws IOException {
    List<String> blocks = new ArrayList<>(ForeignBlocks.unreadable().values());
    blocks.remove(ForeignBlocks.unreadable().get("operation"));
    blocks.addAll(ForeignBlocks.statuses().values());
    StringBuilder sent = new StringBuilder();
    for (String block : blocks) {
      sent.append(hmsg("$KV.B.a.k 7 $JS.ACK.b", block, PAYLOAD)).append("PING\r\n");
      sent.append(hmsg("_INBOX.x 7", GOOD, PAYLOAD));
    }
    for (int chunk : new int[] {1, 2, 3, 7, 64, 1_000, 65_536, sent.length()}) {
      List<Read> read = read(through(sent.toString(), chunk));
      assertThat(read).hasSize(2 * blocks.size());
      for (int i = 0; i < blocks.size(); i++) {
        Read bad = read.get(2 * i);
        Headers headers = headers(bad.block());
        assertThat(bad.line()).startsWith("HMSG $KV.B.a.k 7 $JS.ACK.b ");
        assertThat(bad.payload()).isEqualTo(PAYLOAD);
        assertThat(HeaderBlock.original(headers)).isEqualTo(bytes(blocks.get(i)));
        assertThat(HeaderBlock.longerThanSent(headers))
            .isEqualTo(bad.block().length() - blocks.get(i).length());
        assertThat(read.get(2 * i + 1))
            .isEqualTo(
                new Read(
                    "HMSG _INBOX.x 7 " + GOOD.length() + " " + (GOOD.length() + PAYLOAD.length()),
                    GOOD,
                    PAYLOAD));
      }
    }
  }

  @Test
  void whatTheServerAddsStaysReadable() throws IOException {
    String block =
        String.join(
            "\r\n",
            "NATS/1.0 404",
            "Nats-Sequence: 1",
            "X: \u00ffNats-Stream: KV_B",
            "Nats-Sequence: 7",
            "Nats-Time-Stamp: 2026-01-01T00:00:00Z",
            "",
            "");
    Headers headers = headers(read(through(hmsg("_INBOX.x 1", block, "v"), 50)).get(0).block());
    assertThat(headers.getLast("Nats-Sequence")).isEqualTo("7");
    assertThat(headers.getLast("Nats-Time-Stamp")).isEqualTo("2026-01-01T00:00:00Z");
    assertThat(HeaderBlock.original(headers)).isEqualTo(bytes(block));
  }

  @Test
  void anEmptyBlockHoldsNothing() throws IOException {
    Read read = read(through(hmsg("$KV.B.a 1", "NATS/1.0\r\n\r\n", "v"), 9)).get(0);
    assertThat(HeaderBlock.original(headers(read.block()))).isNull();
    assertThat(HeaderBlock.longerThanSent(headers(read.block())))
        .isEqualTo(read.block().length() - "NATS/1.0\r\n\r\n".length());
  }

  @Test
  void theEndAndALineWithoutOneAreTold() throws IOException {
    InboundFrames ended = new InboundFrames((into, offset, length) -> -1);
    assertThat(ended.read(new byte[10], 0, 10)).isEqualTo(-1);
    InboundFrames endless =
        new InboundFrames(
            (into, offset, length) -> {
              into[offset] = 'x';
              return length;
            });
    assertThatThrownBy(() -> endless.read(new byte[100_000], 0, 100_000))
        .isInstanceOf(IOException.class)
        .hasMessageContaining("without the end of a line");
  }

  private static String hmsg(String start, String block, String payload) {
    return "HMSG "
        + start
        + " "
        + block.length()
        + " "
        + (block.length() + payload.length())
        + "\r\n"
        + block
        + payload
        + "\r\n";
  }

  /** Returns the output for the server's bytes in chunks of this size. */
  private static String through(String sent, int chunk) throws IOException {
    ByteArrayInputStream in = new ByteArrayInputStream(bytes(sent));
    InboundFrames frames =
        new InboundFrames((into, offset, length) -> in.read(into, offset, Math.min(length, chunk)));
    ByteArrayOutputStream out = new ByteArrayOutputStream();
    byte[] buffer = new byte[4_096];
    for (int n = frames.read(buffer, 3, 4_000); n >= 0; n = frames.read(buffer, 3, 4_000)) {
      assertThat(n).isPositive();
      out.write(buffer, 3, n);
    }
    return out.toString(StandardCharsets.ISO_8859_1);
  }

  private static List<Read> read(String received) {
    List<Read> messages = new ArrayList<>();
    int at = 0;
    while (at < received.length()) {
      int end = received.indexOf("\r\n", at);
      String line = received.substring(at, end);
      at = end + 2;
      if (line.startsWith("HMSG")) {
        int space = line.lastIndexOf(' ');
        int header = Integer.parseInt(line.substring(line.lastIndexOf(' ', space - 1) + 1, space));
        int all = Integer.parseInt(line.substring(space + 1));
        messages.add(
            new Read(
                line,
                received.substring(at, at + header),
                received.substring(at + header, at + all)));
        at += all + 2;
      }
    }
    return messages;
  }

  private static Headers headers(String block) {
    return new IncomingHeadersProcessor(bytes(block)).getHeaders();
  }

  private static byte[] bytes(String text) {
    return text.getBytes(StandardCharsets.ISO_8859_1);
  }
}
