"""Knowledge: folders of documents, cut into pieces that can be found again and cited."""
