package io.mistersmith.persistence.testkit.server;

import java.nio.file.Path;

/** A server that the environment gave: it can be used, and nothing can be done to it. */
record EnvironmentServer(String name, String variable, String host, int port)
    implements ServerControl {

  private IllegalStateException notOurs(String action) {
    return new IllegalStateException(
        "Cannot %s %s at %s:%d: it comes from the environment (%s) and is not this process's own. Unset %s, or start an own server"
            .formatted(action, name, host, port, variable, variable));
  }

  @Override
  public long pid() {
    throw notOurs("name the process of");
  }

  @Override
  public Path dataDirectory() {
    throw notOurs("name the data directory of");
  }

  @Override
  public void kill() {
    throw notOurs("kill");
  }

  @Override
  public void stop() {
    throw notOurs("stop");
  }

  @Override
  public void restart() {
    throw notOurs("restart");
  }

  @Override
  public void pause() {
    throw notOurs("pause");
  }

  @Override
  public void resume() {
    throw notOurs("resume");
  }

  @Override
  public void reload(Launch changed, String done) {
    throw notOurs("reload");
  }

  @Override
  public Path copyData(Path target) {
    throw notOurs("copy the data of");
  }

  @Override
  public void replaceData(Path copy) {
    throw notOurs("replace the data of");
  }

  @Override
  public boolean ownsProcess() {
    return false;
  }

  /** Leaves the server as it is. */
  @Override
  public void close() {}
}
