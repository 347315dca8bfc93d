/**
 * The quick start: recorded agent runs are written as an agent runtime would write them, the
 * writing process is killed half way, a second one goes on, and what PostgreSQL holds in the end is
 * compared with what was recorded.
 */
@NullMarked
package io.mistersmith.persistence.examples.quickstart;

import org.jspecify.annotations.NullMarked;
