package io.mistersmith.persistence.testkit.server;

import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Says in one line what is being fetched. It goes to standard error as well as to the log: without
 * logging set up, a newcomer's first run would otherwise seem to hang.
 */
final class Announcement {
  private static final Logger LOG = LoggerFactory.getLogger(Announcement.class);

  private Announcement() {}

  static void say(String line) {
    if (LOG.isInfoEnabled()) {
      LOG.info(line);
    } else {
      System.err.println("test servers: " + line);
    }
  }
}
