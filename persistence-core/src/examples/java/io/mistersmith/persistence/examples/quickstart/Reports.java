package io.mistersmith.persistence.examples.quickstart;

import java.io.FileDescriptor;
import java.io.FileOutputStream;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;

/**
 * Standard output as a channel of reports. A line leaves with one system call before the caller
 * goes on: what was reported is known even if the process is killed at once. Thread-safe.
 */
final class Reports {

  private final FileOutputStream out = new FileOutputStream(FileDescriptor.out);

  synchronized void send(WriterReport report) {
    try {
      out.write((report.line() + "\n").getBytes(StandardCharsets.UTF_8));
    } catch (IOException e) {
      throw new UncheckedIOException("nobody reads the reports any more", e);
    }
  }
}
