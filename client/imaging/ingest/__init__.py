"""From a folder of exports to series with known sequence, geometry and timing."""
