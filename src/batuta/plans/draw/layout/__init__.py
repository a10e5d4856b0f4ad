"""Where everything in a picture is: the layers of a graph, panels of what is alike, the axis of time. Pure geometry."""
